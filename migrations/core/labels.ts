import type { Kysely } from 'kysely'
import { type Bytes, inKeyOrder } from '../dialect.ts'

/** Which leases have a label, newest first; the labels themselves stand with their leases. */
export async function createLabels(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await inKeyOrder(
    db,
    db.schema
      .createTable('lease_labels')
      .addColumn('tenant', bytes, (column) => column.notNull())
      .addColumn('label', bytes, (column) => column.notNull())
      .addColumn('opened_at', 'bigint', (column) => column.notNull())
      .addColumn('lease', bytes, (column) => column.notNull())
      .addPrimaryKeyConstraint('lease_labels_key', ['tenant', 'label', 'opened_at', 'lease']),
  ).execute()
}
