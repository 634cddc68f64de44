import type { Kysely } from 'kysely'
import { DEFAULT_TENANT } from '../domain/ids.ts'
import type { ReplacementState } from './ports/master-key.ts'
import type { Schema } from './schema.ts'

/** Writes the row it asks about: of two transactions, one waits for the other. */
export async function holdMasterKey(db: Kysely<Schema>, fingerprint: string): Promise<boolean> {
  const held = await db
    .insertInto('master_key')
    .values({ tenant: DEFAULT_TENANT, fingerprint, next: null })
    .onConflict((conflict) =>
      conflict
        .columns(['tenant'])
        .doUpdateSet({ fingerprint })
        .where('master_key.fingerprint', '=', fingerprint)
        .where('master_key.next', 'is', null),
    )
    .executeTakeFirst()
  return held.numInsertedOrUpdatedRows === 1n
}

/** How far a replacement is, which nobody has to have begun. */
export async function readMasterKeyState(
  db: Kysely<Schema>,
  from: string,
  to: string,
): Promise<ReplacementState> {
  const row = await db
    .selectFrom('master_key')
    .selectAll()
    .where('tenant', '=', DEFAULT_TENANT)
    .executeTakeFirst()
  if (row?.fingerprint === to && row.next === null) return 'over'
  if (row?.fingerprint === from && row.next === to) return 'under_way'
  const untouched = row === undefined || (row.fingerprint === from && row.next === null)
  return untouched ? 'not_begun' : 'another_key'
}

/** The first write of a replacement. */
export function beginMasterKey(db: Kysely<Schema>, from: string, to: string): Promise<void> {
  return writeKey(db, from, to)
}

/** The last write of a replacement. */
export async function endMasterKey(db: Kysely<Schema>, to: string): Promise<boolean> {
  const ended = await db
    .updateTable('master_key')
    .set({ fingerprint: to, next: null })
    .where('tenant', '=', DEFAULT_TENANT)
    .where('next', '=', to)
    .executeTakeFirst()
  return ended.numUpdatedRows === 1n
}

/** Whatever the row says. */
export function adoptMasterKey(db: Kysely<Schema>, fingerprint: string): Promise<void> {
  return writeKey(db, fingerprint, null)
}

async function writeKey(
  db: Kysely<Schema>,
  fingerprint: string,
  next: string | null,
): Promise<void> {
  await db
    .insertInto('master_key')
    .values({ tenant: DEFAULT_TENANT, fingerprint, next })
    .onConflict((conflict) => conflict.columns(['tenant']).doUpdateSet({ fingerprint, next }))
    .execute()
}
