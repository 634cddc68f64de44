import type { Agent } from '../../domain/agent.ts'
import type { Jti } from '../../domain/ids.ts'
import { anyLabels } from '../../domain/labels.ts'
import { depthOf, type Lease } from '../../domain/lease.ts'
import type { Scope } from '../../domain/scope/types.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { TokenClaims } from '../../domain/token.ts'

/** What a call under a lease has of its own; the rest is the lease's. */
export interface CallOfLease {
  readonly audience: string
  readonly lease: Lease
  /** Who holds the lease, and calls. */
  readonly holder: Pick<Agent, 'uri' | 'attestation'>
  /** At most the scope of the lease. */
  readonly scope: Scope
  readonly now: EpochSeconds
  readonly expiresAt: EpochSeconds
  readonly jti: Jti
  readonly confirmation: TokenClaims['confirmation']
}

/**
 * The claims of a call token of the lease. A call that is shown with something else (a handle, a
 * chain of another issuer, a proof) is described by the same claims, and judged as that token.
 */
export function callClaims(issuer: string, call: CallOfLease): TokenClaims {
  const { audience, lease, holder, scope, now, expiresAt, jti, confirmation } = call
  return {
    kind: 'call',
    issuer,
    audience,
    subject: lease.subject,
    agent: holder.uri,
    actors: lease.holders.toReversed(),
    issuedAt: now,
    notBefore: now,
    expiresAt,
    jti,
    confirmation,
    scope,
    lease: { id: lease.id, lineage: lease.lineage },
    ...anyLabels(lease.labels),
    depth: depthOf(lease),
    maxDepth: lease.scope.limits.max_depth,
    attestation: holder.attestation,
  }
}
