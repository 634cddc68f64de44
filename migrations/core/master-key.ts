import type { Kysely } from 'kysely'
import type { Bytes } from '../dialect.ts'

/** Under which master key the sealed rows of the store are. */
export async function createMasterKey(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await db.schema
    .createTable('master_key')
    .addColumn('tenant', bytes, (column) => column.notNull().primaryKey())
    .addColumn('fingerprint', bytes, (column) => column.notNull())
    .addColumn('next', bytes)
    .execute()
}
