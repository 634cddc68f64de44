import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { COMMIT_GROUP_MAX, COMMIT_QUEUE_MAX } from '../../domain/limits.ts'
import type { Spend, SpendOutcome } from '../../domain/redemption.ts'
import type { Clock, EpochSeconds } from '../../domain/time.ts'
import { StoreFault } from '../fault.ts'
import {
  type ChoreJob,
  type DecideJob,
  expireJobs,
  type Job,
  JobQueue,
  overdue,
  type SpendJob,
  spendJob,
  waiting,
} from '../jobs.ts'
import type { Decided, Decision, Transaction } from '../ports.ts'
import type { Schema } from '../schema.ts'
import type { ChainWriter } from './chain-writer.ts'
import { isBusy, type SqliteConnection, storeFault } from './connect.ts'
import { sessionOn } from './dialect.ts'
import { RateRows } from './rate-rows.ts'
import { redeemBatch } from './redeem.ts'
import { RedeemRows } from './redeem-rows.ts'
import { type Group, runChore, runDecision, takeBack } from './unit.ts'

/** How long one attempt at the write lock may hold up the event loop. */
const LOCK_WAIT_MS = 5
/** Between two attempts at the write lock, at most. */
const LOCK_PAUSE_MS = 4
/** How often deadlines are looked at while there is work. */
const DEADLINE_LOOK_MS = 50

/** What the writer is made of, and whom it tells. */
export interface WriterParts {
  readonly connection: SqliteConnection
  readonly chain: ChainWriter
  readonly clock: Clock
  readonly warningPercent: number
  readonly advanceTime: (connection: SqliteConnection, clock: Clock) => Group['now']
  /** Called after each commit: records in it, whether anything was decided, how long it took. */
  readonly committed: (group: {
    readonly records: number
    readonly decisions: boolean
    readonly seconds: number
  }) => void
  /** Called right before each commit; a throw makes the commit fail. For tests of faults. */
  readonly beforeCommit?: (() => void) | undefined
}

/**
 * The one writer of this process. What waits shares one immediate transaction and one fsync, up to
 * COMMIT_GROUP_MAX; decisions come first, each in its own savepoint, then all redemptions as one
 * batch. Nothing is answered before the commit is on disk. Beyond COMMIT_QUEUE_MAX waiting jobs
 * callers are told `overloaded`, and after DECISION_DEADLINE_MS `status_unknown`: a commit that
 * comes later does no harm, because the answer was no.
 */
export class Writer {
  readonly #parts: WriterParts
  readonly #rows: RedeemRows
  readonly #rateRows: RateRows
  readonly #session: Kysely<Schema>
  readonly #queue = new JobQueue()
  #inFlight: readonly Job[] = []
  #running: Promise<void> | undefined
  #closed = false

  constructor(parts: WriterParts) {
    this.#parts = parts
    this.#rows = new RedeemRows(parts.connection)
    this.#rateRows = new RateRows(parts.connection)
    this.#session = sessionOn(parts.connection, { open: true })
    parts.connection.raw.pragma(`busy_timeout = ${LOCK_WAIT_MS}`)
  }

  /** Spends a call token; answers refusals, also `overloaded` and `status_unknown`, as values. */
  redeem(spend: Spend): Promise<SpendOutcome> {
    return new Promise((resolve, reject) => {
      this.#enqueue(spendJob(spend, resolve, reject))
    })
  }

  /** Runs a decision; throws a StoreFault `overloaded` or `status_unknown` when it can not. */
  decide<T>(work: (transaction: Transaction) => Promise<Decision<T>>): Promise<Decided<T>> {
    return new Promise<Decided<T>>((resolve, reject) => {
      const settle = resolve as DecideJob['settle']
      this.#enqueue<DecideJob>({ kind: 'decide', work, settle, ...waiting(), ...overdue(reject) })
    })
  }

  /** Runs housekeeping in a transaction of the writer; throws like `decide`. */
  chore<T>(work: (db: Kysely<Schema>, now: EpochSeconds) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle = resolve as ChoreJob['settle']
      this.#enqueue<ChoreJob>({ kind: 'chore', work, settle, ...waiting(), ...overdue(reject) })
    })
  }

  /** Takes no more decisions and redemptions, and waits for those it has. */
  async drain(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  #enqueue<J extends Job>(job: J): void {
    if (this.#closed && job.kind !== 'chore') {
      job.fail(new StoreFault('status_unknown', 'The store is closed.'))
    } else if (this.#queue.size >= COMMIT_QUEUE_MAX) {
      job.fail(new StoreFault('overloaded', 'Too many decisions wait for the disk.'))
    } else {
      this.#queue.push(job)
      this.#running ??= this.#run()
    }
  }

  async #run(): Promise<void> {
    const look = setInterval(() => this.#expire(), DEADLINE_LOOK_MS)
    try {
      while (this.#queue.size > 0) {
        await nextTurn()
        const jobs = this.#queue.take(COMMIT_GROUP_MAX).filter((job) => !job.expired)
        if (jobs.length > 0) await this.#serve(jobs)
      }
    } finally {
      clearInterval(look)
      this.#running = undefined
    }
  }

  #expire(): void {
    for (const jobs of [this.#inFlight, this.#queue]) expireJobs(jobs)
  }

  async #serve(jobs: readonly Job[]): Promise<void> {
    this.#inFlight = jobs
    try {
      if (!(await this.#begin(jobs))) return
      const settle = await this.#commit(jobs)
      for (const answer of settle) answer()
    } catch (fault) {
      const told = storeFault(fault)
      for (const job of jobs) job.fail(told)
    } finally {
      this.#inFlight = []
    }
  }

  /**
   * Waits for the write lock without holding up the event loop; false when nobody waits any more.
   */
  async #begin(jobs: readonly Job[]): Promise<boolean> {
    const begin = this.#parts.connection.prepare('begin immediate')
    while (jobs.some((job) => !job.expired)) {
      try {
        begin.run()
        return true
      } catch (error) {
        if (!isBusy(error)) throw error
        await delay(Math.random() * LOCK_PAUSE_MS)
      }
    }
    return false
  }

  async #commit(jobs: readonly Job[]): Promise<readonly (() => void)[]> {
    const { connection, chain, clock, committed } = this.#parts
    const started = performance.now()
    try {
      await chain.resume(this.#session)
      const group: Group = { connection, chain, now: this.#parts.advanceTime(connection, clock) }
      const settle = await this.#runAll(jobs, group)
      chain.flush(group.now)
      this.#parts.beforeCommit?.()
      connection.prepare('commit').run()
      const records = chain.confirm()
      const seconds = (performance.now() - started) / 1_000
      committed({ records, decisions: jobs.some((job) => job.kind === 'decide'), seconds })
      return settle
    } catch (fault) {
      // First, so that records of a group that is lost can never be written with the next one.
      chain.forget()
      if (connection.raw.inTransaction) connection.prepare('rollback').run()
      throw fault
    }
  }

  async #runAll(jobs: readonly Job[], group: Group): Promise<(() => void)[]> {
    const settle: (() => void)[] = []
    const spends: SpendJob[] = []
    for (const job of jobs) {
      if (job.expired) continue
      if (job.kind === 'spend') spends.push(job)
      else if (job.kind === 'decide') settle.push(await runDecision(job, group))
      else settle.push(await runChore(job, group))
    }
    return settle.concat(this.#redeemAll(spends, group))
  }

  /** One batch; when it breaks, one by one, so that only what is broken fails. */
  #redeemAll(jobs: readonly SpendJob[], group: Group): (() => void)[] {
    const [first] = jobs
    if (first === undefined) return []
    const records = group.chain.pending()
    group.connection.prepare('savepoint unit').run()
    try {
      const spends = jobs.map((job) => job.spend)
      const { warningPercent } = this.#parts
      const rows = { rows: this.#rows, rateRows: this.#rateRows }
      const outcomes = redeemBatch(spends, { ...group, ...rows, warningPercent })
      group.connection.prepare('release unit').run()
      return jobs.map((job, at) => {
        const outcome = outcomes[at]
        if (outcome === undefined) throw new Error('every redemption has an outcome')
        return () => job.settle(outcome)
      })
    } catch (fault) {
      takeBack(group, records, fault)
      if (jobs.length === 1) return [() => first.fail(storeFault(fault))]
      return jobs.flatMap((job) => this.#redeemAll([job], group))
    }
  }
}
