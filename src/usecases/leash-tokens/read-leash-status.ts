import { DEFAULT_TENANT, type Jti } from '../../domain/ids.ts'
import { stateOf } from '../../domain/liveness.ts'
import { subjectOf } from '../../domain/revocation.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { findInTenant } from '../leases/find-lease.ts'
import type { World } from '../world.ts'

/** LEASHX-06: whether a leash still stands. */
export interface LeashStatus {
  readonly revoked: boolean
  /** When, where one moment is known. */
  readonly revokedAt: EpochSeconds | null
  /** `unknown`, `superseded`, or the state of its lease. */
  readonly reason: string | null
  readonly checkedAt: EpochSeconds
}

/**
 * The status of a leash, for whoever knows its id. One that nobody knows counts as revoked: what
 * is not known is never good. Its own end is in its claims and is not asked here.
 */
export function readLeashStatus(world: World, jti: Jti | undefined): Promise<LeashStatus> {
  return world.store.read(async (reads) => {
    const checkedAt = reads.now
    const gone = (reason: string, revokedAt: EpochSeconds | null = null): LeashStatus => {
      return { revoked: true, revokedAt, reason, checkedAt }
    }
    const row = jti && (await reads.leash(DEFAULT_TENANT, jti))
    const found = row && (await findInTenant(reads, row.tenant, row.lease))
    if (row === undefined || found === undefined) return gone('unknown')
    const { lineage } = found
    const own = [subjectOf('certificate', row.certificate)]
    const revocations = [...found.revocations, ...(await reads.revocations(row.tenant, own))]
    const state = stateOf(lineage, revocations, reads.now)
    const [first] = revocations.map(({ at }) => at).toSorted((a, b) => a - b)
    if (state !== 'live') return gone(state, first ?? null)
    if ((await reads.leashVersion(row.tenant, row.lease)) !== row.version) return gone('superseded')
    return { revoked: false, revokedAt: null, reason: null, checkedAt }
  })
}
