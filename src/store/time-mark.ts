import type { Kysely } from 'kysely'
import { DEFAULT_TENANT } from '../domain/ids.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { type Schema, TIME_MARK } from './schema.ts'

/** The latest moment the store has seen, or 0: time never runs backwards past it. */
export async function readTimeMark(db: Kysely<Schema>): Promise<EpochSeconds> {
  const row = await db
    .selectFrom('meta')
    .select('value')
    .where('tenant', '=', DEFAULT_TENANT)
    .where('name', '=', TIME_MARK)
    .executeTakeFirst()
  return (row?.value ?? 0) as EpochSeconds
}

/** The moment of a transaction: what the clock says, but never before the mark. */
export function momentOf(clock: EpochSeconds, mark: EpochSeconds): EpochSeconds {
  return clock > mark ? clock : mark
}
