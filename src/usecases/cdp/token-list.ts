import { DEFAULT_TENANT, type Jti, type LeaseId } from '../../domain/ids.ts'
import type { Lease } from '../../domain/lease.ts'
import {
  ISSUED_TOKENS_MAX,
  TOKEN_LIST_AGAIN_SECONDS,
  TOKEN_LIST_SECONDS,
} from '../../domain/limits.ts'
import { stateOf } from '../../domain/liveness.ts'
import { type Revocation, subjectsOf } from '../../domain/revocation.ts'
import { type EpochSeconds, epochSeconds, later } from '../../domain/time.ts'
import type { IssuedToken } from '../../store/ports/cdp.ts'
import type { Reads } from '../../store/ports.ts'
import { signTokenList } from '../../token/token-list.ts'
import { findInTenant } from '../leases/find-lease.ts'
import type { World } from '../world.ts'

/** A signed list, and until when this process hands out the same one. */
export interface TokenListNow {
  readonly jws: string
  readonly renewedAt: EpochSeconds
}

/**
 * The published list of revoked tokens of CDP (CDPX-31): those that have not ended and whose lease,
 * or anything else they hang from, is dead. Derived when it is asked for (I6), at most once in
 * TOKEN_LIST_AGAIN_SECONDS. Nothing of Writ decides by it: who looks there is behind by its age,
 * and does not learn whether a token was spent.
 */
export function createTokenLists(
  world: Pick<World, 'issuer' | 'store' | 'keys'>,
): () => Promise<TokenListNow> {
  let kept: { readonly made: Promise<TokenListNow>; readonly until: EpochSeconds } | undefined
  return () => {
    const now = world.store.now()
    if (kept !== undefined && now < kept.until) return kept.made
    const made = makeList(world)
    kept = { made, until: later(now, TOKEN_LIST_AGAIN_SECONDS) }
    made.catch(() => {
      kept = undefined
    })
    return made
  }
}

async function makeList({
  issuer,
  store,
  keys,
}: Pick<World, 'issuer' | 'store' | 'keys'>): Promise<TokenListNow> {
  const { at, revoked } = await store.read(async (reads) => ({
    at: reads.now,
    revoked: await deadTokens(reads),
  }))
  const jws = await signTokenList(keys.active('status'), {
    authority: issuer,
    issuedAt: at,
    expiresAt: later(at, TOKEN_LIST_SECONDS),
    revoked,
  })
  return { jws, renewedAt: later(at, TOKEN_LIST_AGAIN_SECONDS) }
}

async function deadTokens(reads: Reads): Promise<ReadonlyMap<Jti, EpochSeconds>> {
  const dead = new Map<Jti, EpochSeconds>()
  const deaths = new Map<LeaseId, EpochSeconds | undefined>()
  for (const token of await reads.issuedTokens(DEFAULT_TENANT, ISSUED_TOKENS_MAX)) {
    if (!deaths.has(token.lease)) deaths.set(token.lease, await deathOf(reads, token))
    const at = deaths.get(token.lease)
    if (at !== undefined) dead.set(token.jti, at)
  }
  return dead
}

/** Since when the lease of a token is dead; undefined while it lives, or ended by being used. */
async function deathOf(reads: Reads, token: IssuedToken): Promise<EpochSeconds | undefined> {
  const { tenant, lease: id, certificate } = token
  const found = await findInTenant(reads, tenant, id)
  if (found === undefined) return reads.now
  const { lease, lineage } = found
  const revocations = await reads.revocations(tenant, subjectsOf(lease, { certificate }))
  const state = stateOf(lineage, revocations, reads.now)
  if (state === 'live' || state === 'exhausted') return undefined
  return diedAt(lineage, revocations, reads.now)
}

function diedAt(
  lineage: readonly Lease[],
  revocations: readonly Revocation[],
  now: EpochSeconds,
): EpochSeconds {
  const moments = [
    now,
    ...revocations.map(({ at }) => at),
    ...lineage.flatMap(({ releasedAt }) => releasedAt ?? []),
  ]
  return epochSeconds(Math.min(...moments))
}
