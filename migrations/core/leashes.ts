import type { Kysely } from 'kysely'
import type { Bytes } from '../dialect.ts'

/** Leashes that were minted: which of a lease is the newest, and that each was known. */
export async function createLeashes(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await db.schema
    .createTable('leashes')
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('jti', bytes, (column) => column.notNull().primaryKey())
    .addColumn('lease', bytes, (column) => column.notNull())
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('certificate', bytes, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('leashes_of_lease', ['tenant', 'lease', 'version'])
    .execute()
  await db.schema.createIndex('leashes_over').on('leashes').columns(['expires_at']).execute()
}
