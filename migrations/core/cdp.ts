import type { Kysely } from 'kysely'
import type { Bytes } from '../dialect.ts'

/** Nonces of requests that were seen, and tokens whose revocation is published by their id. */
export async function createCdp(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  const index = (name: string) => db.schema.createIndex(name)
  await db.schema
    .createTable('request_nonces')
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('holder', bytes, (column) => column.notNull())
    .addColumn('hash', bytes, (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('request_nonces_key', ['tenant', 'holder', 'hash'])
    .execute()
  await index('request_nonces_over').on('request_nonces').columns(['expires_at']).execute()
  await db.schema
    .createTable('issued_tokens')
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('jti', bytes, (column) => column.notNull())
    .addColumn('holder', bytes, (column) => column.notNull())
    .addColumn('lease', bytes, (column) => column.notNull())
    .addColumn('certificate', bytes, (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('issued_tokens_key', ['tenant', 'jti'])
    .execute()
  await index('issued_tokens_over').on('issued_tokens').columns(['expires_at']).execute()
}
