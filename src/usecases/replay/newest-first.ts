import { setImmediate } from 'node:timers/promises'
import { POLICY_REPLAY_PAGE } from '../../domain/limits.ts'
import type { AuditRow, Store } from '../../store/ports.ts'
import { type Seen, seenOf } from '../watch/seen.ts'

/** A record, and where it stands. */
export interface NewestRecord {
  readonly row: AuditRow
  /** Undefined when its text is not one of our records. */
  readonly seen: Seen | undefined
}

/** What is left of a chain, the newest record last. */
interface Left {
  readonly chain: string
  rows: NewestRecord[]
}

/**
 * Records of all chains, the newest first, at most `limit`: read in pages, each in a consistent
 * read of its own, with a turn for others after each. What is written meanwhile is not told.
 */
export async function* newestFirst(
  store: Pick<Store, 'read'>,
  limit: number,
): AsyncGenerator<NewestRecord> {
  const left = await store.read(async (reads): Promise<Left[]> => {
    const heads: Left[] = []
    for (const { chain } of await reads.auditChains()) {
      heads.push({ chain, rows: readable(await reads.auditRowsBefore({ chain }, 1)) })
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

function newestOf(left: readonly Left[]): Left | undefined {
  let newest: Left | undefined
  let at = Number.NEGATIVE_INFINITY
  for (const one of left) {
    const time = one.rows[one.rows.length - 1]?.seen?.time ?? Number.POSITIVE_INFINITY
    if (newest !== undefined && time <= at) continue
    newest = one
    at = time
  }
  return newest
}

/** The newest last. */
function readable(rows: readonly AuditRow[]): NewestRecord[] {
  return rows.toReversed().map((row) => ({ row, seen: seenOf(row) }))
}
