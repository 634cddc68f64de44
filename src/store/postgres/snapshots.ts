import type { Kysely } from 'kysely'
import { DECISION_DEADLINE_MS } from '../../domain/limits.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { StoreFault } from '../fault.ts'
import type { Schema } from '../schema.ts'
import type { ConnectionPool, TimedQuery } from './pool.ts'
import { Session } from './session.ts'
import type { TimeKeeper } from './time-keeper.ts'
import { beginWith } from './transaction.ts'

const BEGIN = 'begin isolation level repeatable read read only;'
/** One statement of a long walk over the audit trail. */
const WALK_TIMEOUT_MS = 60_000

/** Work over a snapshot. */
type Read<T> = (db: Kysely<Schema>, now: EpochSeconds) => Promise<T>

/**
 * Reads, each over one snapshot taken when it begins, so that it sees every commit acknowledged
 * before. A server that only follows another one is never read: it may be behind a revocation.
 */
export class Snapshots {
  readonly #pool: ConnectionPool
  readonly #time: TimeKeeper

  constructor(pool: ConnectionPool, time: TimeKeeper) {
    this.#pool = pool
    this.#time = time
  }

  /** Runs the work; a statement that takes longer than a decision may is given up. */
  read<T>(work: Read<T>): Promise<T> {
    return this.#read(work, DECISION_DEADLINE_MS)
  }

  /** Runs work that walks over much of the database, in small steps. */
  walk<T>(work: Read<T>): Promise<T> {
    return this.#read(work, WALK_TIMEOUT_MS)
  }

  async #read<T>(work: Read<T>, timeoutMs: number): Promise<T> {
    const connection = await this.#pool.connect()
    const session = new Session(connection, timeoutMs)
    let usable = false
    try {
      const text = `${BEGIN} set local statement_timeout = ${timeoutMs};
        select ${this.#time.columns()}, pg_is_in_recovery() as follows`
      const row = await beginWith<{ follows: boolean }>(connection, text)
      if (row.follows) throw new StoreFault('status_unknown', 'The database only follows another.')
      const answer = await work(session.db, this.#time.momentOf(row))
      session.end()
      const end: TimedQuery = { text: 'rollback', query_timeout: timeoutMs }
      await connection.query(end)
      usable = session.broken === undefined
      return answer
    } catch (error) {
      throw session.broken ?? error
    } finally {
      session.end()
      connection.release(!usable)
    }
  }
}
