import { DECISION_DEADLINE_MS } from '../../domain/limits.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { Connection, ConnectionPool, TimedQuery } from './pool.ts'
import { Session } from './session.ts'
import { isCertainlyUndone } from './sql-state.ts'
import type { TimeKeeper, TimeRow } from './time-keeper.ts'

/**
 * The server ends a transaction whose process says nothing for this long. Bounds how long a process
 * that was stopped in the middle holds its locks, and how old what it has read can be.
 */
const IDLE_IN_TRANSACTION_MS = 2 * DECISION_DEADLINE_MS

/** A commit whose answer never came: it may have happened, may still happen, or not. */
export class CommitUnknown extends Error {
  constructor(cause: unknown) {
    super('The answer to a commit did not come.', { cause })
    this.name = 'CommitUnknown'
  }
}

/** Reads fresh with every statement, or all from one serial moment. */
export type Isolation = 'read committed' | 'serializable'

/**
 * One transaction on one connection of the pool, which goes back when it has ended. All settings
 * are local to it and made in the query that begins it.
 */
export class Transaction {
  readonly session: Session
  readonly now: EpochSeconds
  readonly #connection: Connection
  #released = false

  private constructor(connection: Connection, session: Session, now: EpochSeconds) {
    this.#connection = connection
    this.session = session
    this.now = now
  }

  /** Begins, and takes the moment. `settings` are `set local` statements, each with its `;`. */
  static async begin(
    pool: ConnectionPool,
    time: TimeKeeper,
    isolation: Isolation,
    settings: string,
  ): Promise<Transaction> {
    const connection = await pool.connect()
    const text = `begin isolation level ${isolation};
      set local statement_timeout = ${DECISION_DEADLINE_MS};
      set local idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS};
      ${settings}
      select ${time.columns()}`
    try {
      for (;;) {
        const now = time.momentOf(await beginWith(connection, text))
        if (time.hasReached(now)) {
          return new Transaction(connection, new Session(connection, DECISION_DEADLINE_MS), now)
        }
        // On this very connection, since waiting for another one while holding this could be a
        // wait in a circle.
        await connection.query('rollback')
        await time.advance(connection, now)
      }
    } catch (error) {
      connection.release(true)
      throw error
    }
  }

  /**
   * Commits. Throws `CommitUnknown` when nobody can tell whether it did; any other error says that
   * it certainly did not.
   */
  async commit(): Promise<void> {
    this.session.end()
    if (this.session.broken !== undefined) throw this.session.broken
    let command: string
    try {
      const query: TimedQuery = { text: 'commit', query_timeout: DECISION_DEADLINE_MS }
      ;({ command } = await this.#connection.query(query))
    } catch (error) {
      this.#release(true)
      throw isCertainlyUndone(error) ? error : new CommitUnknown(error)
    }
    this.#release(false)
    // PostgreSQL answers a commit of a transaction it has given up with ROLLBACK and no error.
    if (command !== 'COMMIT') throw new Error('The database gave up the transaction.')
  }

  /** Takes everything back; a connection that does not answer is closed, which does the same. */
  async rollback(): Promise<void> {
    if (this.#released) return
    this.session.end()
    try {
      const query: TimedQuery = { text: 'rollback', query_timeout: DECISION_DEADLINE_MS }
      await this.#connection.query(query)
      this.#release(false)
    } catch {
      this.#release(true)
    }
  }

  /** Breaks the connection off, whatever is under way on it: what waits for it fails now. */
  kill(): void {
    this.session.end()
    this.#release(true)
  }

  #release(broken: boolean): void {
    if (this.#released) return
    this.#released = true
    this.#connection.release(broken)
  }
}

/** Begins with several statements in one query; answers the one row of the last, a select. */
export async function beginWith<Row = object>(
  connection: Connection,
  text: string,
): Promise<Row & TimeRow> {
  const query: TimedQuery = { text, query_timeout: DECISION_DEADLINE_MS }
  const answers: unknown = await connection.query(query)
  const results = (Array.isArray(answers) ? answers : [answers]) as { rows: (Row & TimeRow)[] }[]
  const row = results[results.length - 1]?.rows[0]
  if (row === undefined) throw new Error('a select without a from has one row')
  return row
}
