import type { Kysely } from 'kysely'
import { type Bytes, inKeyOrder } from '../dialect.ts'

/** What was admitted of late, by lease and by agent: one row for each window that is counted. */
export async function createRates(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await inKeyOrder(
    db,
    db.schema
      .createTable('lease_rates')
      .addColumn('root_id', bytes, (column) => column.notNull())
      .addColumn('id', bytes, (column) => column.notNull())
      .addColumn('per_seconds', 'integer', (column) => column.notNull())
      .addColumn('tenant', bytes, (column) => column.notNull())
      .addColumn('counted', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('lease_rates_key', ['root_id', 'id', 'per_seconds']),
  ).execute()
  await inKeyOrder(
    db,
    db.schema
      .createTable('agent_rates')
      .addColumn('tenant', bytes, (column) => column.notNull())
      .addColumn('uri', bytes, (column) => column.notNull())
      .addColumn('per_seconds', 'integer', (column) => column.notNull())
      .addColumn('counted', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('agent_rates_key', ['tenant', 'uri', 'per_seconds']),
  ).execute()
}
