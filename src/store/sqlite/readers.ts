import type { Kysely } from 'kysely'
import type { Clock, EpochSeconds } from '../../domain/time.ts'
import { StoreFault } from '../fault.ts'
import type { Schema } from '../schema.ts'
import { momentOf, readTimeMark } from '../time-mark.ts'
import { type SqliteConnection, storeFault } from './connect.ts'
import { sessionOn } from './dialect.ts'

/** Reads at a time; each holds a snapshot, and SQLite keeps the log for as long as the oldest. */
const READERS_MAX = 4

/**
 * Connections that can only read, opened as they are needed. Each read sees one snapshot, taken
 * when it begins, so it sees every commit that was acknowledged before.
 */
export class Readers {
  readonly #open: () => Promise<SqliteConnection>
  readonly #clock: Clock
  readonly #idle: SqliteConnection[] = []
  readonly #waiting: ((connection: SqliteConnection) => void)[] = []
  #count = 0
  #closed = false

  constructor(open: () => Promise<SqliteConnection>, clock: Clock) {
    this.#open = open
    this.#clock = clock
  }

  /** Runs the work over a snapshot; its session is closed when the work is done. */
  async read<T>(work: (db: Kysely<Schema>, now: EpochSeconds) => Promise<T>): Promise<T> {
    if (this.#closed) throw new StoreFault('status_unknown', 'The store is closed.')
    const connection = await this.#take()
    const gate = { open: true }
    try {
      connection.prepare('begin').run()
      const db = sessionOn(connection, gate)
      const mark = await readTimeMark(db)
      return await work(db, momentOf(this.#clock.now(), mark))
    } catch (fault) {
      throw storeFault(fault)
    } finally {
      gate.open = false
      if (connection.raw.inTransaction) connection.prepare('rollback').run()
      this.#give(connection)
    }
  }

  /** Closes what is idle now and the rest as it comes back. */
  close(): void {
    this.#closed = true
    for (const connection of this.#idle.splice(0)) connection.close()
  }

  async #take(): Promise<SqliteConnection> {
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    if (this.#count >= READERS_MAX) {
      return new Promise((resolve) => this.#waiting.push(resolve))
    }
    this.#count += 1
    try {
      return await this.#open()
    } catch (error) {
      this.#count -= 1
      throw storeFault(error)
    }
  }

  #give(connection: SqliteConnection): void {
    const next = this.#waiting.shift()
    if (next !== undefined) next(connection)
    else if (this.#closed) connection.close()
    else this.#idle.push(connection)
  }
}
