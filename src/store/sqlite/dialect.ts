import type Database from 'better-sqlite3'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  SqliteQueryCompiler,
} from 'kysely'
import { StoreFault } from '../fault.ts'
import type { Schema } from '../schema.ts'
import type { SqliteConnection } from './connect.ts'

/**
 * Kysely's dialect with transactions that take the write lock at once. A plain `begin` that reads
 * and then writes fails with SQLITE_BUSY_SNAPSHOT as soon as two processes do it.
 */
export class ImmediateSqliteDialect extends SqliteDialect {
  readonly #database: Database.Database

  constructor(database: Database.Database) {
    super({ database })
    this.#database = database
  }

  override createDriver(): Driver {
    return new ImmediateDriver({ database: this.#database })
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter()
  }
}

class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }
}

/** SQLite can roll back DDL, so migrations run in one transaction, which is also their lock. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

/** Whether a session may still be used; closed for good when its transaction is decided. */
export interface Gate {
  open: boolean
}

/**
 * Queries inside a transaction that somebody else begins and ends. Once the gate is closed every
 * query is refused, so that work that was given up can not write into the next one's transaction.
 */
export function sessionOn(connection: SqliteConnection, gate: Gate): Kysely<Schema> {
  const session = new SessionConnection(connection, gate)
  return new Kysely<Schema>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new SessionDriver(session),
      createIntrospector: () => {
        throw new Error('a session is not introspected')
      },
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  })
}

class SessionConnection implements DatabaseConnection {
  readonly #connection: SqliteConnection
  readonly #gate: Gate

  constructor(connection: SqliteConnection, gate: Gate) {
    this.#connection = connection
    this.#gate = gate
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (!this.#gate.open) throw new StoreFault('fault', 'This transaction has ended.')
    const statement = this.#connection.prepare(query.sql)
    if (statement.reader) return { rows: statement.all(...query.parameters) as R[] }
    const { changes } = statement.run(...query.parameters)
    return { rows: [], numAffectedRows: BigInt(changes) }
  }

  // biome-ignore lint/correctness/useYield: refuses before the first row
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('a session does not stream')
  }
}

class SessionDriver implements Driver {
  readonly #session: DatabaseConnection

  constructor(session: DatabaseConnection) {
    this.#session = session
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#session
  }

  async beginTransaction(): Promise<void> {
    throw new Error('a session already runs in a transaction')
  }

  async commitTransaction(): Promise<void> {}

  async rollbackTransaction(): Promise<void> {}

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {}
}
