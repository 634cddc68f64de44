import { type Kysely, sql } from 'kysely'
import { createAudit, createMeta, createSpentTokens } from './0001-core.ts'

/**
 * The tables of a ledger of spent tokens at an enforcement point without a store: time, spends and
 * audit as in every store, and whose ledger it is. Always SQLite, one file for each audience.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const bytes = sql`text`
  await db.schema
    .createTable('ledger')
    .addColumn('id', bytes, (column) => column.notNull().primaryKey())
    .addColumn('issuer', bytes, (column) => column.notNull())
    .addColumn('audience', bytes, (column) => column.notNull())
    .addColumn('born_at', 'bigint', (column) => column.notNull())
    .execute()
  await createMeta(db, bytes)
  await createSpentTokens(db, bytes)
  await createAudit(db, bytes)
}
