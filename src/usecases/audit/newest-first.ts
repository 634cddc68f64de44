import { setImmediate } from 'node:timers/promises'
import { POLICY_REPLAY_PAGE } from '../../domain/limits.ts'
import type { AuditRow, Reads, Store } from '../../store/ports.ts'
import { type Seen, seenOf } from '../watch/seen.ts'

/** A record, and where it stands. */
export interface NewestRecord {
  readonly row: AuditRow
  /** Undefined when its text is not one of our records. */
  readonly seen: Seen | undefined
}

/** A place in the trail as it is told newest first: by time, of one second by chain, then back. */
export interface TrailPlace {
  /** Seconds since 1970. */
  readonly time: number
  readonly chain: string
  readonly sequence: number
}

/** What is left of a chain, the newest record last. */
interface Left {
  readonly chain: string
  rows: NewestRecord[]
}

/**
 * Records of all chains, the newest first, at most `limit`: read in pages, each in a consistent
 * read of its own, with a turn for others after each. What is written meanwhile is not told. With
 * `after` it goes on behind a place.
 */
export async function* newestFirst(
  store: Pick<Store, 'read'>,
  limit: number,
  after?: TrailPlace,
): AsyncGenerator<NewestRecord> {
  const left = await store.read(async (reads): Promise<Left[]> => {
    const heads: Left[] = []
    for (const { chain } of await reads.auditChains()) {
      heads.push({ chain, rows: readable(await firstOf(reads, chain, after)) })
    }
    return heads.filter(({ rows }) => rows.length > 0)
  })
  for (let told = 0; told < limit; told += 1) {
    const next = newestOf(left)
    const record = next?.rows.pop()
    if (next === undefined || record === undefined) return
    yield record
    if (next.rows.length > 0) continue
    const { chain, sequence } = record.row
    const page = Math.min(POLICY_REPLAY_PAGE, limit - told)
    next.rows = readable(
      await store.read((reads) => reads.auditRowsBefore({ chain, sequence }, page)),
    )
    if (next.rows.length === 0) left.splice(left.indexOf(next), 1)
    await setImmediate()
  }
}

/** The newest record of a chain that comes behind a place, or none. */
async function firstOf(
  reads: Reads,
  chain: string,
  after: TrailPlace | undefined,
): Promise<readonly AuditRow[]> {
  if (after === undefined) return reads.auditRowsBefore({ chain }, 1)
  if (chain === after.chain) return reads.auditRowsBefore(after, 1)
  // Of the same second, chains whose name comes first were told before.
  const sequence = await sequenceBefore(reads, chain, after.time + (chain > after.chain ? 1 : 0))
  return reads.auditRowsBefore({ chain, sequence }, 1)
}

/**
 * The sequence number of the first record of a chain at or after a moment, or one more than its
 * last. Times of one chain never go back, so that halving finds it.
 */
export async function sequenceBefore(reads: Reads, chain: string, time: number): Promise<number> {
  const [head] = await reads.auditRowsBefore({ chain }, 1)
  let low = 1
  let high = (head?.sequence ?? 0) + 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const [row] = await reads.auditRowsBefore({ chain, sequence: middle + 1 }, 1)
    const at = row === undefined ? undefined : seenOf(row)?.time
    if (at !== undefined && at >= time) high = middle
    else low = middle + 1
  }
  return low
}

function newestOf(left: readonly Left[]): Left | undefined {
  let newest: Left | undefined
  let at = Number.NEGATIVE_INFINITY
  for (const one of left) {
    const time = one.rows[one.rows.length - 1]?.seen?.time ?? Number.POSITIVE_INFINITY
    if (newest !== undefined && (time < at || (time === at && one.chain > newest.chain))) continue
    newest = one
    at = time
  }
  return newest
}

/** The newest last. */
function readable(rows: readonly AuditRow[]): NewestRecord[] {
  return rows.toReversed().map((row) => ({ row, seen: seenOf(row) }))
}
