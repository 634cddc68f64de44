import type { Kysely } from 'kysely'
import type { Bytes } from '../dialect.ts'

/** Upstream credentials and their versions; a shared one has no owner: the empty text. */
export async function createCredentials(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await db.schema
    .createTable('credentials')
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('name', bytes, (column) => column.notNull())
    .addColumn('environment', bytes, (column) => column.notNull())
    .addColumn('owner', bytes, (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('category', 'text', (column) => column.notNull())
    .addColumn('backend', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('newest_version', 'integer', (column) => column.notNull())
    .addColumn('requires_approval', 'integer', (column) => column.notNull())
    .addColumn('allowed_actions', 'text', (column) => column.notNull())
    .addColumn('classification', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .addColumn('mark', 'text', (column) => column.notNull())
    .addColumn('origins', 'text', (column) => column.notNull())
    .addColumn('placement', 'text', (column) => column.notNull())
    .addColumn('token', 'text')
    .addPrimaryKeyConstraint('credentials_key', ['tenant', 'name', 'environment', 'owner'])
    .execute()
  await db.schema
    .createTable('credential_versions')
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('name', bytes, (column) => column.notNull())
    .addColumn('environment', bytes, (column) => column.notNull())
    .addColumn('owner', bytes, (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('reference', 'text')
    .addColumn('sealed', 'text')
    .addPrimaryKeyConstraint('credential_versions_key', [
      'tenant',
      'name',
      'environment',
      'owner',
      'version',
    ])
    .execute()
}
