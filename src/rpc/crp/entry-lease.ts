import type { Credential } from '../../domain/credential.ts'
import { depthOf, type Lease } from '../../domain/lease.ts'
import {
  CRP_SCOPES_MAX,
  LEASE_CUMULATIVE_SECONDS_MAX,
  LEASE_RENEWALS_MAX,
} from '../../domain/limits.ts'
import { timeText } from '../../listener/time-text.ts'
import type { ServedRoute } from '../../usecases/catalog/catalog.ts'
import { availableScopes, coveredGrants, partsOf } from '../../usecases/catalog/entry-scopes.ts'
import type { CrpType } from './params.ts'

/** A lease in the words of both versions (CRPX-04, CRPX-30). */
export function leaseView(lease: Lease) {
  return {
    id: lease.id,
    expiresAt: timeText(lease.expiresAt),
    ttl: lease.expiresAt - lease.openedAt,
    renewable: isRenewable(lease),
    delegationDepth: depthOf(lease),
  }
}

/**
 * What may be said of renewing before it is asked: a root lease with renewals and life left. One
 * below it ends where its parent did when it was born, so that nothing is promised.
 */
function isRenewable({ lineage, renewals, grantedSeconds }: Lease): boolean {
  const left = renewals < LEASE_RENEWALS_MAX && grantedSeconds < LEASE_CUMULATIVE_SECONDS_MAX
  return lineage.length === 1 && left
}

/** The scopes of a lease at a service: as they were named, else each method and path. */
export function grantedScopes(
  route: ServedRoute,
  lease: Lease,
  named: readonly string[],
): readonly string[] {
  if (named.length > 0) return [...new Set(named)]
  const held = coveredGrants(route, lease.scope)
  const parts = partsOf(held, CRP_SCOPES_MAX)
  return availableScopes({ ...route, scopes: {} }, parts, lease.scope)
}

/** The type of a credential in the words of CRP, and whether tokens are fetched for it. */
export function typeOf(credential: Credential | undefined): CrpType | 'none' {
  switch (credential?.kind) {
    case undefined:
      return 'none'
    case 'bearer':
    case 'oauth_client':
      return 'oauth_bearer'
    case 'basic':
      return 'basic_auth'
    case 'connection_string':
    case 'custom':
      return credential.kind
    default:
      return 'api_key'
  }
}

/**
 * CRPX-30: what is told of a credential whose value is not. A service without one says `none`, a
 * type of ours, since CRP has no word for it.
 */
export function descriptorOf(credential: Credential | undefined) {
  const brokered = credential?.kind === 'oauth_client'
  return {
    type: typeOf(credential),
    brokered,
    autoRefresh: brokered,
    classification: credential?.classification ?? 'public',
  }
}
