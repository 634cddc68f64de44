import { DEFAULT_TENANT } from '../../domain/ids.ts'
import type { Clock, EpochSeconds } from '../../domain/time.ts'
import { TIME_MARK } from '../schema.ts'
import { momentOf } from '../time-mark.ts'
import type { Connection } from './pool.ts'

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
  readonly #clock: Clock | undefined
  /** The latest moment of any transaction of this process. */
  #seen = 0 as EpochSeconds
  /** A value of the mark that is known to be committed. */
  #committed = 0

  /** With a clock of its own only in tests. */
  constructor(clock: Clock | undefined) {
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

  /** The moment of a transaction: never before the mark. */
  momentOf({ clock, mark }: TimeRow): EpochSeconds {
    this.#committed = Math.max(this.#committed, Number(mark))
    const moment = momentOf(Number(clock) as EpochSeconds, Number(mark) as EpochSeconds)
    if (moment > this.#seen) this.#seen = moment
    return moment
  }

  /** Whether the mark is known to have reached a moment; a transaction that writes needs it to. */
  hasReached(now: EpochSeconds): boolean {
    return now <= this.#committed
  }

  /** Moves the mark, outside of any transaction. */
  async advance(connection: Connection, to: EpochSeconds): Promise<void> {
    await connection.query(ADVANCE, [DEFAULT_TENANT, TIME_MARK, to])
    this.#committed = Math.max(this.#committed, to)
  }
}

/** What `columns` answers. */
export interface TimeRow {
  readonly clock: number
  readonly mark: number
}
