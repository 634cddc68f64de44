import type { KeyThumbprint } from '../../domain/ids.ts'
import { stateOf } from '../../domain/liveness.ts'
import { accept, type Result } from '../../domain/result.ts'
import { subjectsOf } from '../../domain/revocation.ts'
import type { TokenClaims } from '../../domain/token.ts'
import type { Reads } from '../../store/ports.ts'
import { type Caller, isPeer, isPerson } from '../caller.ts'
import { findInTenant } from '../leases/find-lease.ts'
import type { World } from '../world.ts'
import { readGenuine } from './genuine-token.ts'

/** RFC 7662 §2.2: what a token still is, or only that it is not active. */
export type Introspection =
  | { readonly active: true; readonly claims: TokenClaims }
  | { readonly active: false }

const INACTIVE: Introspection = { active: false }

/**
 * Tells whether a token would still be worth presenting; never spends it. For its bearer, for
 * enforcement points it is meant for, owners and operators; to everybody else every token is
 * inactive, and nobody learns why (RFC 7662 §2.2, §4).
 */
export async function introspectToken(
  world: World,
  caller: Caller,
  input: { readonly token: string },
): Promise<Result<Introspection>> {
  const genuine = await readGenuine(world, input.token)
  if (genuine === undefined) return accept(INACTIVE)
  const { claims, key } = genuine
  return world.store.read(async (reads) => {
    if (!(await mayAsk(reads, caller, claims))) return accept(INACTIVE)
    const usable = await isUsable(reads, caller, claims, key)
    return accept(usable ? { active: true, claims } : INACTIVE)
  })
}

/** Its bearer, an owner or operator, and enforcement points for audiences of their contract. */
async function mayAsk(reads: Reads, caller: Caller, claims: TokenClaims): Promise<boolean> {
  if (isPerson(caller)) return true
  if (!isPeer(caller)) return false
  if (caller.uri === claims.agent) return true
  if (caller.kind !== 'enforcement') return false
  const point = await reads.agent(caller.tenant, caller.uri)
  return point?.contract.audiences.includes(claims.audience) === true
}

async function isUsable(
  reads: Reads,
  caller: Caller,
  claims: TokenClaims,
  key: KeyThumbprint,
): Promise<boolean> {
  if (claims.expiresAt <= reads.now) return false
  if ((await reads.spentToken(caller.tenant, claims.jti)) !== undefined) return false
  const found = await findInTenant(reads, caller.tenant, claims.lease.id)
  if (found === undefined) return false
  const { certificate, key: proofKey } = claims.confirmation
  const subjects = subjectsOf(found.lease, { certificate, key, proofKey })
  const revocations = await reads.revocations(caller.tenant, subjects)
  return stateOf(found.lineage, revocations, reads.now) === 'live'
}
