import { DEFAULT_TENANT } from '../../domain/ids.ts'
import type { Clock, EpochSeconds } from '../../domain/time.ts'
import { TIME_MARK } from '../schema.ts'
import { momentOf } from '../time-mark.ts'
import type { ConnectionPool } from './pool.ts'

const ADVANCE = `insert into meta (tenant, name, value) values ($1, $2, $3)
  on conflict (tenant, name) do update set value = excluded.value
  where excluded.value > meta.value`
const DATABASE_CLOCK = 'floor(extract(epoch from clock_timestamp()))::bigint'
const MARK = `coalesce((select value from meta
  where tenant = '${DEFAULT_TENANT}' and name = '${TIME_MARK}'), 0)`

/**
 * The moment of each transaction. The database's clock is the one clock of all processes. Before
 * any moment beyond the mark is used the mark is moved to it, in a commit of its own, at most once
 * a second; so whatever was judged by a moment, the mark had reached it, and sweeping, which stays
 * behind the mark, never runs ahead of a judgement.
 */
export class TimeKeeper {
  readonly #pool: ConnectionPool
  readonly #clock: Clock | undefined
  /** The latest moment of any transaction of this process. */
  #seen = 0 as EpochSeconds
  /** A value of the mark that is known to be committed. */
  #committed = 0
  #advancing: { readonly to: number; readonly done: Promise<void> } | undefined

  /** With a clock of its own only in tests. */
  constructor(pool: ConnectionPool, clock: Clock | undefined) {
    this.#pool = pool
    this.#clock = clock
  }

  /** A select list: `clock` and `mark`, to be read inside the transaction. */
  columns(): string {
    return `${this.#clock?.now() ?? DATABASE_CLOCK} as clock, ${MARK} as mark`
  }

  /**
   * Outside any transaction: this machine's clock, but never before what the database has told.
   */
  now(): EpochSeconds {
    const clock = this.#clock?.now() ?? (Math.floor(Date.now() / 1_000) as EpochSeconds)
    return momentOf(clock, this.#seen)
  }

  /** The moment of a transaction that only reads: it moves nothing. */
  momentOfRead(read: TimeRow): EpochSeconds {
    const moment = momentOf(Number(read.clock) as EpochSeconds, Number(read.mark) as EpochSeconds)
    if (moment > this.#seen) this.#seen = moment
    return moment
  }

  /** The moment of a transaction that decides; the mark has reached it when this resolves. */
  async momentOf(read: TimeRow): Promise<EpochSeconds> {
    const now = this.momentOfRead(read)
    this.#committed = Math.max(this.#committed, Number(read.mark))
    while (this.#committed < now) await this.#advance(now)
    return now
  }

  async #advance(to: number): Promise<void> {
    const under = this.#advancing
    if (under !== undefined) return under.done
    const done = this.#pool.query(ADVANCE, [DEFAULT_TENANT, TIME_MARK, to]).then(() => {
      this.#committed = Math.max(this.#committed, to)
    })
    this.#advancing = { to, done }
    try {
      await done
    } finally {
      this.#advancing = undefined
    }
  }
}

/** What `columns` answers. */
export interface TimeRow {
  readonly clock: number
  readonly mark: number
}
