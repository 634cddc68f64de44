import { type CreateTableBuilder, type Kysely, PostgresAdapter, type RawBuilder, sql } from 'kysely'

/** Which of the two dialects is spoken. */
export function isPostgres(db: Kysely<unknown>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter
}

/** A table that SQLite keeps in the order of its key. */
export function inKeyOrder<T extends string>(db: Kysely<unknown>, table: CreateTableBuilder<T>) {
  return isPostgres(db) ? table : table.modifyEnd(sql`without rowid`)
}

/** The type of text that is compared by bytes. */
export type Bytes = RawBuilder<unknown>
