import type { Kysely } from 'kysely'
import type { Bytes } from '../dialect.ts'

/** Browsers that people signed in with; only hashes of their secrets are kept. */
export async function createSessions(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await db.schema
    .createTable('sessions')
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('secret_hash', bytes, (column) => column.notNull().primaryKey())
    .addColumn('name', bytes, (column) => column.notNull())
    .addColumn('certificate', bytes)
    .addColumn('opened_at', 'bigint', (column) => column.notNull())
    .addColumn('used_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  const index = (name: string) => db.schema.createIndex(name).on('sessions')
  await index('sessions_of_person').columns(['tenant', 'name', 'opened_at']).execute()
  await index('sessions_ended').columns(['expires_at']).execute()
}
