import type { TenantId } from '../../domain/ids.ts'
import { FEED_CATCH_UP_MAX, REVOCATION_CHANGES_MAX } from '../../domain/limits.ts'
import type { RevocationChange } from '../../domain/revocation.ts'
import type { Reads } from '../../store/ports.ts'

/** Somebody who comes to the feed, and where it stands. */
export interface Joining {
  readonly tenant: TenantId
  /** The newest number it has seen; 0 asks for a snapshot. */
  readonly after: number
}

/** What one pass over the store found, all in one snapshot of the database. */
export interface FeedReading<J extends Joining> {
  readonly head: number
  /** What those who stand at the feed's own head have not seen; undefined: they need a snapshot. */
  readonly fresh: readonly RevocationChange[] | undefined
  /** For each who comes, what it has not seen; undefined: it needs a snapshot. */
  readonly missed: ReadonlyMap<J, readonly RevocationChange[] | undefined>
  /** All that matters now, of each tenant of which a snapshot is needed. */
  readonly snapshots: ReadonlyMap<TenantId, readonly RevocationChange[]>
}

/**
 * Reads what a pass of the feed has to tell. `standing` is the head of those who follow, undefined
 * when nobody does. Who comes from the same place costs one read together, as when a process starts
 * anew and all its gateways come back.
 */
export async function readFeed<J extends Joining>(
  reads: Reads,
  standing: number | undefined,
  joining: readonly J[],
): Promise<FeedReading<J>> {
  const { head } = await reads.revocationChanges(0, 1)
  const fresh = standing === undefined ? [] : await changesSince(reads, standing, head)
  const missed = new Map<J, readonly RevocationChange[] | undefined>()
  const since = new Map<number, readonly RevocationChange[] | undefined>([[0, undefined]])
  const snapshots = new Map<TenantId, readonly RevocationChange[]>()
  for (const one of joining) {
    if (!since.has(one.after)) since.set(one.after, await changesSince(reads, one.after, head))
    const changes = since.get(one.after)
    missed.set(one, changes)
    if (changes !== undefined || snapshots.has(one.tenant)) continue
    snapshots.set(one.tenant, await snapshotOf(reads, one.tenant))
  }
  return { head, fresh, missed, snapshots }
}

/** Undefined when the log does not reach back so far, or a snapshot is the shorter way. */
async function changesSince(
  reads: Reads,
  after: number,
  head: number,
): Promise<readonly RevocationChange[] | undefined> {
  if (after > head || head - after > FEED_CATCH_UP_MAX) return undefined
  const changes: RevocationChange[] = []
  for (let seq = after; seq < head; ) {
    const read = await reads.revocationChanges(seq, REVOCATION_CHANGES_MAX)
    if (!read.whole) return undefined
    changes.push(...read.changes)
    seq = changes[changes.length - 1]?.seq ?? head
  }
  return changes
}

async function snapshotOf(reads: Reads, tenant: TenantId): Promise<readonly RevocationChange[]> {
  const changes: RevocationChange[] = []
  for (let cursor: string | null = null; ; ) {
    const page = await reads.revocationSnapshot(tenant, { limit: REVOCATION_CHANGES_MAX, cursor })
    changes.push(...page.items)
    cursor = page.cursor
    if (cursor === null) return changes
  }
}
