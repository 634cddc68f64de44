import { ACTIVITY_ROWS_MAX } from '../../domain/limits.ts'
import type { Result } from '../../domain/result.ts'
import type { AuditRow, Reads, Store } from '../../store/ports.ts'
import { actorOf, type Caller, requireRole } from '../caller.ts'
import type { Look, StreamEvent } from '../event-streams.ts'
import { seenOf } from '../watch/seen.ts'
import type { World } from '../world.ts'
import { sequenceBefore, type TrailPlace } from './newest-first.ts'

/** Where a stream goes on, and how it tells. */
export interface ActivityFollowing {
  /** The place that was told last; absent: from now on. */
  readonly after: TrailPlace | undefined
  readonly follow: boolean
  readonly stillMay: () => Promise<boolean>
  readonly placeText: (place: TrailPlace) => string
  /** The text of one record, in one line. */
  readonly tell: (row: AuditRow) => string
}

/**
 * Follows what all processes decide, as it is recorded; for owners and operators. Each record is
 * told at least once after `after`: records of its second may be told again. When more is decided
 * than can be followed, the stream tells how many records it left out (event `skipped`) and goes on
 * with the newest.
 * Refuses `forbidden`, `overloaded`.
 */
export async function followActivity(
  world: World,
  caller: Caller,
  input: ActivityFollowing,
): Promise<Result<ReadableStream<Uint8Array>>> {
  const person = requireRole(caller, 'owner', 'operator')
  if (!person.ok) return person
  const told = await world.store.read((reads) => startOf(reads, input.after))
  const look = lookAt(world.store, told, { ...input, tenant: person.value.tenant })
  const { follow, stillMay } = input
  return world.streams.follow({ who: actorOf(caller), look, follow, stillMay })
}

/** The last record of each chain that was told, by chain. */
async function startOf(reads: Reads, after: TrailPlace | undefined): Promise<Map<string, number>> {
  const told = new Map<string, number>()
  for (const { chain } of await reads.auditChains()) {
    if (after === undefined) {
      told.set(chain, (await reads.auditRowsBefore({ chain }, 1))[0]?.sequence ?? 0)
    } else if (chain === after.chain) told.set(chain, after.sequence)
    else told.set(chain, (await sequenceBefore(reads, chain, after.time)) - 1)
  }
  return told
}

function lookAt(
  store: Pick<Store, 'read'>,
  told: Map<string, number>,
  order: Pick<ActivityFollowing, 'placeText' | 'tell'> & { readonly tenant: string },
): Look {
  return async () => {
    const { rows, skipped } = await store.read((reads) => newRows(reads, told))
    for (const { chain, sequence } of rows) told.set(chain, sequence)
    const events: StreamEvent[] = rows.flatMap((row) => {
      const seen = seenOf(row)
      if (seen === undefined || seen.tenant !== order.tenant) return []
      const { chain, sequence } = row
      const id = order.placeText({ time: seen.time, chain, sequence })
      return [{ id, event: 'record', data: order.tell(row) }]
    })
    const id = events.at(-1)?.id
    if (skipped > 0 && id !== undefined) {
      events.push({ id, event: 'skipped', data: JSON.stringify({ records: skipped }) })
    }
    return { events, more: false }
  }
}

/** What each chain got since; of one that got too much, its newest. */
async function newRows(
  reads: Reads,
  told: ReadonlyMap<string, number>,
): Promise<{ readonly rows: readonly AuditRow[]; readonly skipped: number }> {
  const rows: AuditRow[] = []
  let skipped = 0
  for (const { chain } of await reads.auditChains()) {
    const since = told.get(chain) ?? 0
    const [head] = await reads.auditRowsBefore({ chain }, 1)
    if (head === undefined || head.sequence <= since) continue
    const newest = await reads.auditRowsBefore({ chain }, ACTIVITY_ROWS_MAX)
    const fresh = newest.filter(({ sequence }) => sequence > since).toReversed()
    rows.push(...fresh)
    skipped += Math.max(0, (fresh[0]?.sequence ?? since + 1) - since - 1)
  }
  return { rows, skipped }
}
