import type { Kysely } from 'kysely'
import type { Bytes } from '../dialect.ts'

/** Bearer references to leases; only digests of their texts are kept. */
export async function createHandles(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await db.schema
    .createTable('handles')
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('id', bytes, (column) => column.notNull().primaryKey())
    .addColumn('digest', bytes, (column) => column.notNull().unique())
    .addColumn('lease', bytes, (column) => column.notNull())
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('certificate', bytes)
    .addColumn('addresses', 'text', (column) => column.notNull())
    .addColumn('binding', bytes)
    .addColumn('process', bytes)
    .addColumn('created_by', bytes, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('revoked_at', 'bigint')
    .execute()
  const index = (name: string) => db.schema.createIndex(name).on('handles')
  await index('handles_of_lease').columns(['tenant', 'lease', 'created_at', 'id']).execute()
  await index('handles_newest').columns(['tenant', 'created_at', 'id']).execute()
  await index('handles_ended').columns(['expires_at']).execute()
}
