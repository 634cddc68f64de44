import { type Kysely, sql } from 'kysely'
import type { Bytes } from '../dialect.ts'

/** What people should know of. */
export async function createAlerts(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
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
