import type { Kysely } from 'kysely'
import { type Bytes, inKeyOrder } from '../dialect.ts'

/** The addresses a host name has for a tree of leases, below whose root they lie together. */
export async function createDnsPins(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await inKeyOrder(
    db,
    db.schema
      .createTable('dns_pins')
      .addColumn('root_id', bytes, (column) => column.notNull())
      .addColumn('host', bytes, (column) => column.notNull())
      .addColumn('tenant', bytes, (column) => column.notNull())
      .addColumn('addresses', 'text', (column) => column.notNull())
      .addColumn('pinned_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('dns_pins_key', ['root_id', 'host']),
  ).execute()
}
