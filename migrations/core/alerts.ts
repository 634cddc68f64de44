import { type Kysely, sql } from 'kysely'
import type { Bytes } from '../dialect.ts'

/** What people should know of, and who is told of it. */
export async function createAlerts(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await createRaised(db, bytes)
  await createReceivers(db, bytes)
  await createWatch(db, bytes)
}

async function createRaised(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await db.schema
    .createTable('alerts')
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('id', bytes, (column) => column.notNull().primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('severity', 'text', (column) => column.notNull())
    .addColumn('subject', bytes, (column) => column.notNull())
    .addColumn('lease', bytes)
    .addColumn('owner', bytes)
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('told_at', 'bigint')
    .addColumn('acknowledged_at', 'bigint')
    .addColumn('acknowledged_by', bytes)
    .addColumn('facts', 'text', (column) => column.notNull())
    .execute()
  const index = (name: string) => db.schema.createIndex(name).on('alerts')
  await index('alerts_newest').columns(['tenant', 'at', 'id']).execute()
  await index('alerts_ended').columns(['at']).execute()
  await index('alerts_untold').columns(['at', 'id']).where(sql.ref('told_at'), 'is', null).execute()
}

async function createReceivers(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await db.schema
    .createTable('webhooks')
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('id', bytes, (column) => column.notNull().primaryKey())
    .addColumn('owner', bytes, (column) => column.notNull())
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('kinds', 'text', (column) => column.notNull())
    .addColumn('private_net', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('failing_since', 'bigint')
    .addColumn('secret', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('deliveries')
    .addColumn('webhook', bytes, (column) => column.notNull())
    .addColumn('alert', bytes, (column) => column.notNull())
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('due_at', 'bigint', (column) => column.notNull())
    .addColumn('claim', bytes)
    .addPrimaryKeyConstraint('deliveries_key', ['webhook', 'alert'])
    .execute()
  const index = (name: string) => db.schema.createIndex(name).on('deliveries')
  await index('deliveries_due').columns(['due_at']).execute()
  await index('deliveries_alert').columns(['alert']).execute()
}

async function createWatch(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await db.schema
    .createTable('watch_cursors')
    .addColumn('chain', bytes, (column) => column.notNull().primaryKey())
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('duties')
    .addColumn('name', bytes, (column) => column.notNull().primaryKey())
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('holder', bytes, (column) => column.notNull())
    .addColumn('until', 'bigint', (column) => column.notNull())
    .execute()
}
