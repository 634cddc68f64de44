import type { Kysely } from 'kysely'
import type { Bytes } from '../dialect.ts'

/** Questions to owners, and what each owner said. */
export async function createApprovals(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await db.schema
    .createTable('approvals')
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('id', bytes, (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull().unique())
    .addColumn('requester', bytes, (column) => column.notNull())
    .addColumn('owner', bytes, (column) => column.notNull())
    .addColumn('root_id', bytes)
    .addColumn('digest', bytes, (column) => column.notNull())
    .addColumn('open_digest', bytes)
    .addColumn('quorum', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('approved_at', 'bigint')
    .addColumn('denied_at', 'bigint')
    .addColumn('used_at', 'bigint')
    .addColumn('request', 'text', (column) => column.notNull())
    .addColumn('notice', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('approvals_key', ['tenant', 'id'])
    .addUniqueConstraint('approvals_open', ['tenant', 'open_digest'])
    .execute()
  const index = (name: string) => db.schema.createIndex(name).on('approvals')
  await index('approvals_newest').columns(['tenant', 'created_at', 'id']).execute()
  await index('approvals_of_agent').columns(['tenant', 'requester', 'created_at']).execute()
  await index('approvals_of_tree').columns(['tenant', 'root_id', 'created_at']).execute()
  await index('approvals_ended').columns(['expires_at']).execute()
  await db.schema
    .createTable('approval_votes')
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('approval', bytes, (column) => column.notNull())
    .addColumn('owner', bytes, (column) => column.notNull())
    .addColumn('yes', 'integer', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('approval_votes_key', ['tenant', 'approval', 'owner'])
    .execute()
}
