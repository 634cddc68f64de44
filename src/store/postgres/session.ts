import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import { StoreFault } from '../fault.ts'
import type { Schema } from '../schema.ts'
import type { Connection, TimedQuery } from './pool.ts'

const CHANGING = ['INSERT', 'UPDATE', 'DELETE', 'MERGE']

/**
 * Queries inside one transaction on one connection. Once it has ended every query is refused, so
 * that work that was given up can not write into the next transaction. `broken` is the first error
 * of the database: PostgreSQL gives up a transaction at its first error, whether or not the work
 * noticed.
 */
export class Session {
  readonly db: Kysely<Schema>
  readonly #connection: Connection
  readonly #timeoutMs: number
  #open = true
  #working = true
  #broken: unknown

  /** A query that is not answered within `timeoutMs` counts as a lost connection. */
  constructor(connection: Connection, timeoutMs: number) {
    this.#connection = connection
    this.#timeoutMs = timeoutMs
    this.db = kyselyOver({
      executeQuery: (query) => this.#execute(query),
      // biome-ignore lint/correctness/useYield: refuses before the first row
      async *streamQuery() {
        throw new Error('a session does not stream')
      },
    })
  }

  get broken(): unknown {
    return this.#broken
  }

  /** Runs one statement with its parameters; answers the rows. */
  async query<Row>(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    return (await this.#run(text, values)).rows as Row[]
  }

  /** No query through `db` is taken any more: the work that had it is done. */
  endWork(): void {
    this.#working = false
  }

  /** No query is taken any more. */
  end(): void {
    this.#working = false
    this.#open = false
  }

  async #execute<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (!this.#working) throw new StoreFault('fault', 'This transaction has ended.')
    const { command, rowCount, rows } = await this.#run(query.sql, query.parameters)
    const counted = CHANGING.includes(command) ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}
    return { rows: rows as R[], ...counted }
  }

  async #run(text: string, values: readonly unknown[]) {
    if (!this.#open) throw new StoreFault('fault', 'This transaction has ended.')
    try {
      const query: TimedQuery = { text, values: [...values], query_timeout: this.#timeoutMs }
      return await this.#connection.query(query)
    } catch (error) {
      this.#broken ??= error
      throw error
    }
  }
}

function kyselyOver(session: DatabaseConnection): Kysely<Schema> {
  return new Kysely<Schema>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => driverOver(session),
      createIntrospector: () => {
        throw new Error('a session is not introspected')
      },
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
}

function driverOver(session: DatabaseConnection): Driver {
  return {
    async init() {},
    acquireConnection: async () => session,
    async beginTransaction() {
      throw new Error('a session already runs in a transaction')
    },
    async commitTransaction() {},
    async rollbackTransaction() {},
    async releaseConnection() {},
    async destroy() {},
  }
}
