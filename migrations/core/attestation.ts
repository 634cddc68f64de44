import type { Kysely } from 'kysely'
import type { Bytes } from '../dialect.ts'

/** Nonces, evidence that was spent, and processes that are watched. */
export async function createAttestation(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await db.schema
    .createTable('nonces')
    .addColumn('hash', bytes, (column) => column.notNull().primaryKey())
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('holder', bytes, (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  const index = (name: string) => db.schema.createIndex(name)
  await index('nonces_of_holder').on('nonces').columns(['tenant', 'holder', 'expires_at']).execute()
  await index('nonces_over').on('nonces').columns(['expires_at']).execute()
  await db.schema
    .createTable('spent_proofs')
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('key', bytes, (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('spent_proofs_key', ['tenant', 'key'])
    .execute()
  await index('spent_proofs_over').on('spent_proofs').columns(['expires_at']).execute()
  await db.schema
    .createTable('watched_processes')
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('agent', bytes, (column) => column.notNull())
    .addColumn('host', bytes, (column) => column.notNull())
    .addColumn('pid', 'bigint', (column) => column.notNull())
    .addColumn('uid', 'bigint', (column) => column.notNull())
    .addColumn('start_time', 'text', (column) => column.notNull())
    .addColumn('exe', 'text', (column) => column.notNull())
    .addColumn('fingerprint', bytes, (column) => column.notNull())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('watched_processes_key', ['tenant', 'agent'])
    .execute()
  await index('watched_processes_of_host').on('watched_processes').columns(['host']).execute()
}
