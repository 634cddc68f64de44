import { setTimeout as delay } from 'node:timers/promises'
import { ChainDraft } from '../audit/chain-draft.ts'
import { readOpenHeads } from '../audit/open-heads.ts'
import { StoreFault } from '../fault.ts'
import { type ChoreJob, type DecideJob, type Job, requireTruthful, type SpendJob } from '../jobs.ts'
import { transactionOver } from '../transaction.ts'
import { stands, writeChain } from './lane-chain.ts'
import type { ConnectionPool } from './pool.ts'
import { RateRows } from './rate-rows.ts'
import { redeemBatch } from './redeem.ts'
import { RedeemRows } from './redeem-rows.ts'
import type { Snapshots } from './snapshots.ts'
import { isCertainlyUndone, isDuplicate, isPassing } from './sql-state.ts'
import type { TimeKeeper } from './time-keeper.ts'
import { CommitUnknown, type Isolation, Transaction } from './transaction.ts'

/** First pause before a transaction is run again; doubles up to the most, times a random half. */
const PAUSE_MS = 4
const PAUSE_MS_MAX = 200
/** A new key that is taken is found taken when the work is run again; more often is a fault. */
const DUPLICATES_MAX = 3

/** How often a commit of which nobody can tell is looked for, and the first pause between. */
const LOOKS = 5
const LOOK_PAUSE_MS = 25

/**
 * A lane that has committed so recently, and met nothing since, need not look whether that still
 * stands: no database is put back or replaced in less.
 */
const STANDS_MS = 100

/** What one transaction does: all redemptions that wait for one root, or one unit of work. */
export type Work =
  | { readonly kind: 'root'; readonly root: string; readonly jobs: SpendJob[] }
  | {
      readonly kind: 'unit'
      readonly jobs: readonly [DecideJob | ChoreJob]
      readonly isolation: Isolation
    }

const LOST = 'The database has lost what this process had committed; start again.'

/** What all lanes of a process know. */
export interface LanesShared {
  /** Set for good when something that was committed is found to be gone. */
  lost: boolean
}

/** What a lane is made of, and whom it tells. */
export interface LaneParts {
  readonly shared: LanesShared
  readonly pool: ConnectionPool
  readonly snapshots: Snapshots
  readonly time: TimeKeeper
  /** `set local` statements for every transaction. */
  readonly settings: string
  readonly newChain: () => string
  readonly warningPercent: number
  /** Called after each commit: records in it, whether anything was decided, how long it took. */
  readonly committed: (group: {
    readonly records: number
    readonly decisions: boolean
    readonly seconds: number
  }) => void
  /** Called right before each commit; a throw makes the commit fail. For tests of faults. */
  readonly beforeCommit: (() => void) | undefined
}

type Settle = () => void

/**
 * One of the lanes of this process: one transaction at a time, with an audit chain of its own, so
 * that lanes never wait for each other. A transaction that fails without having been committed is
 * run again until nobody waits for it. One of which nobody can tell is looked for; when it is not
 * found its callers are told `status_unknown` and the chain is given up, so that if it lands later
 * after all, it is the whole and harmless end of a chain nobody goes on with.
 */
export class Lane {
  readonly #parts: LaneParts
  #chain: ChainDraft
  #jobs: readonly Job[] = []
  #transaction: Transaction | undefined
  #committedAt = Number.NEGATIVE_INFINITY

  constructor(parts: LaneParts) {
    this.#parts = parts
    this.#chain = new ChainDraft(parts.newChain())
  }

  /** The jobs that are being served. */
  get jobs(): readonly Job[] {
    return this.#jobs
  }

  /** Breaks off what is under way when nobody waits for it any more. */
  stopExpired(): void {
    if (this.#jobs.every((job) => job.expired)) this.#transaction?.kill()
  }

  /** Serves to the end: every job is settled or failed when this resolves. Never throws. */
  async serve(work: Work): Promise<void> {
    this.#jobs = work.jobs
    try {
      await this.#serve(work)
    } catch (fault) {
      for (const job of work.jobs) job.fail(fault)
    } finally {
      this.#jobs = []
    }
  }

  async #serve(work: Work): Promise<void> {
    let duplicates = 0
    for (let attempt = 0; work.jobs.some((job) => !job.expired); attempt += 1) {
      try {
        const settle = await this.#attempt(work)
        // Whoever is answered and asks again at once finds this lane free.
        this.#jobs = []
        for (const answer of settle) answer()
        return
      } catch (error) {
        if (isDuplicate(error)) duplicates += 1
        const again = isPassing(error) || (isDuplicate(error) && duplicates <= DUPLICATES_MAX)
        if (!again) return this.#fail(work, error)
        await delay(Math.min(PAUSE_MS * 2 ** attempt, PAUSE_MS_MAX) * (0.5 + Math.random() / 2))
      }
    }
  }

  /** Of several redemptions each gets its own chance: only what is broken fails. */
  async #fail(work: Work, fault: unknown): Promise<void> {
    if (work.kind === 'unit' || work.jobs.length === 1 || fault instanceof StoreFault) throw fault
    for (const job of work.jobs) {
      // All are looked after until the last is served: each has its deadline.
      this.#jobs = work.jobs
      await this.#serve({ ...work, jobs: [job] }).catch((own: unknown) => job.fail(own))
    }
  }

  async #attempt(work: Work): Promise<readonly Settle[]> {
    const { pool, time, settings, beforeCommit, committed } = this.#parts
    const started = performance.now()
    await this.#beginChain()
    const isolation = work.kind === 'root' ? 'read committed' : work.isolation
    const transaction = await Transaction.begin(pool, time, isolation, settings)
    this.#transaction = transaction
    let settle: readonly Settle[] = []
    try {
      settle = await this.#run(work, transaction)
      await writeChain(this.#chain, transaction.session, transaction.now)
      beforeCommit?.()
      await transaction.commit()
    } catch (error) {
      await transaction.rollback()
      // The work may have made another error of what broke the transaction.
      await this.#recover(transaction.session.broken ?? error)
    } finally {
      this.#transaction = undefined
    }
    this.#committedAt = performance.now()
    const records = this.#chain.confirm()
    const decisions = work.jobs.some((job) => job.kind === 'decide')
    committed({ records, decisions, seconds: (performance.now() - started) / 1_000 })
    return settle
  }

  /** Returns when the commit is found to stand after all; throws otherwise. */
  async #recover(error: unknown): Promise<void> {
    if (!isCertainlyUndone(error)) this.#committedAt = Number.NEGATIVE_INFINITY
    if (!(error instanceof CommitUnknown)) {
      this.#chain.forget()
      throw error
    }
    for (let look = 0; look < LOOKS; look += 1) {
      if (await this.#stands()) return
      await delay(LOOK_PAUSE_MS * 2 ** look)
    }
    this.#chain = new ChainDraft(this.#parts.newChain())
    throw new StoreFault('status_unknown', 'The answer to a commit did not come.', error)
  }

  /**
   * Looks on another connection, since nobody can ask the one that was lost. Whatever keeps it from
   * seeing, the chain may not go on: its records would be written again without what they record.
   */
  async #stands(): Promise<boolean> {
    try {
      return await this.#parts.snapshots.read((db) => stands(db, this.#chain))
    } catch {
      return false
    }
  }

  /**
   * A chain that is yet to begin names the heads that stand now. One that has begun has to stand
   * where it was left: a database that was put back, or that failed over without its last commits,
   * has forgotten spent tokens (I7). Then nothing more is decided in this process, so that the
   * trail stays whole and the next start finds the rollback.
   */
  async #beginChain(): Promise<void> {
    const { shared, snapshots } = this.#parts
    if (shared.lost) throw new StoreFault('rolled_back', LOST)
    if (this.#chain.begun) {
      if (performance.now() - this.#committedAt < STANDS_MS) return
      shared.lost = !(await snapshots.read((db) => stands(db, this.#chain)))
      if (shared.lost) throw new StoreFault('rolled_back', LOST)
      return
    }
    this.#chain.beginAfter(await snapshots.read((db) => readOpenHeads(db)))
  }

  #run(work: Work, transaction: Transaction): Promise<readonly Settle[]> {
    if (work.kind === 'root') return this.#redeem(work.root, work.jobs, transaction)
    const [job] = work.jobs
    return job.kind === 'decide' ? this.#decide(job, transaction) : this.#chore(job, transaction)
  }

  async #redeem(
    root: string,
    jobs: readonly SpendJob[],
    { session, now }: Transaction,
  ): Promise<readonly Settle[]> {
    const open = jobs.filter((job) => !job.expired)
    const rows = new RedeemRows(session, root)
    const rateRows = new RateRows(session)
    const spends = open.map((job) => job.spend)
    const { warningPercent } = this.#parts
    const tools = { rows, rateRows, chain: this.#chain, now, warningPercent }
    const outcomes = await redeemBatch(spends, tools)
    return open.map((job, at) => {
      const outcome = outcomes[at]
      if (outcome === undefined) throw new Error('every redemption has an outcome')
      return () => job.settle(outcome)
    })
  }

  async #decide(job: DecideJob, { session, now }: Transaction): Promise<readonly Settle[]> {
    const chain = this.#chain
    await session.query('savepoint unit', [])
    const work = job.work(transactionOver(session.db, { now, record: chain.next() }))
    const decision = await Promise.race([work, job.overdue])
    session.endWork()
    if (session.broken !== undefined) throw session.broken
    requireTruthful(decision)
    if (!decision.result.ok) await session.query('rollback to savepoint unit', [])
    const record = chain.append(decision.record, now)
    return [() => job.settle({ result: decision.result, record, at: now })]
  }

  async #chore(job: ChoreJob, { session, now }: Transaction): Promise<readonly Settle[]> {
    const answer = await Promise.race([job.work(session.db, now), job.overdue])
    return [() => job.settle(answer)]
  }
}
