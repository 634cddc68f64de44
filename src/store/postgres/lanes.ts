import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { COMMIT_GROUP_MAX, COMMIT_QUEUE_MAX } from '../../domain/limits.ts'
import type { Spend, SpendOutcome } from '../../domain/redemption.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { StoreFault } from '../fault.ts'
import {
  type ChoreJob,
  type DecideJob,
  expireJobs,
  type Job,
  overdue,
  type SpendJob,
  spendJob,
  waiting,
} from '../jobs.ts'
import type { Decided, Decision, Transaction } from '../ports.ts'
import type { Schema } from '../schema.ts'
import { Lane, type LaneParts, type Work } from './lane.ts'

/** How often deadlines are looked at while there is work. */
const DEADLINE_LOOK_MS = 50

/** A lane and what waits for it. */
interface Queue {
  readonly lane: Lane
  readonly works: Work[]
  /** Of each root the group that redemptions may still join. */
  readonly groups: Map<string, SpendJob[]>
  running: boolean
}

/**
 * The writers of this process. A redemption goes to the lane of its root and shares a transaction
 * with what waits for the same root, up to COMMIT_GROUP_MAX; so redemptions below one root do not
 * get into each other's way, and those of other roots run beside them. A decision or a chore goes
 * to the lane with the least work. Nothing is answered before its commit. Beyond COMMIT_QUEUE_MAX
 * waiting jobs callers are told `overloaded`, and after DECISION_DEADLINE_MS `status_unknown`.
 */
export class Lanes {
  readonly #queues: readonly Queue[]
  #waiting = 0
  #look: NodeJS.Timeout | undefined
  #idle: (() => void)[] = []
  #closed = false

  constructor(count: number, parts: Omit<LaneParts, 'shared'>) {
    const shared = { lost: false }
    this.#queues = Array.from({ length: count }, () => ({
      lane: new Lane({ ...parts, shared }),
      works: [],
      groups: new Map(),
      running: false,
    }))
  }

  /** Spends a call token; answers refusals, also `overloaded` and `status_unknown`, as values. */
  redeem(spend: Spend): Promise<SpendOutcome> {
    return new Promise((resolve, reject) => {
      const job = spendJob(spend, resolve, reject)
      if (!this.#accepts(job)) return
      const root = spend.lineage[0] ?? ''
      const queue = this.#ofRoot(root)
      const group = queue.groups.get(root)
      if (group !== undefined && group.length < COMMIT_GROUP_MAX) {
        group.push(job)
      } else {
        const jobs = [job]
        queue.groups.set(root, jobs)
        queue.works.push({ kind: 'root', root, jobs })
      }
      this.#begin(queue)
    })
  }

  /** Runs a decision; throws a StoreFault `overloaded` or `status_unknown` when it can not. */
  decide<T>(work: (transaction: Transaction) => Promise<Decision<T>>): Promise<Decided<T>> {
    return new Promise<Decided<T>>((resolve, reject) => {
      const settle = resolve as DecideJob['settle']
      this.#enqueue({ kind: 'decide', work, settle, ...waiting(), ...overdue(reject) })
    })
  }

  /**
   * Runs a decision about rows of one root that it locks, in the lane of that root: there it waits
   * for its redemptions instead of failing with them. Each statement reads afresh.
   */
  decideBelow<T>(
    root: string,
    work: (transaction: Transaction) => Promise<Decision<T>>,
  ): Promise<Decided<T>> {
    return new Promise<Decided<T>>((resolve, reject) => {
      const settle = resolve as DecideJob['settle']
      const job: DecideJob = { kind: 'decide', work, settle, ...waiting(), ...overdue(reject) }
      if (!this.#accepts(job)) return
      const queue = this.#ofRoot(root)
      queue.works.push({ kind: 'unit', jobs: [job], isolation: 'read committed' })
      this.#begin(queue)
    })
  }

  /** Runs housekeeping in a transaction; throws like `decide`. */
  chore<T>(work: (db: Kysely<Schema>, now: EpochSeconds) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle = resolve as ChoreJob['settle']
      this.#enqueue({ kind: 'chore', work, settle, ...waiting(), ...overdue(reject) })
    })
  }

  /** Takes no more decisions and redemptions, and waits for those it has. */
  async drain(): Promise<void> {
    this.#closed = true
    if (this.#waiting > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #enqueue(job: DecideJob | ChoreJob): void {
    if (!this.#accepts(job)) return
    const queue = this.#leastBusy()
    queue.works.push({ kind: 'unit', jobs: [job], isolation: 'serializable' })
    this.#begin(queue)
  }

  #accepts(job: Job): boolean {
    if (this.#closed && job.kind !== 'chore') {
      job.fail(new StoreFault('status_unknown', 'The store is closed.'))
      return false
    }
    if (this.#waiting >= COMMIT_QUEUE_MAX) {
      job.fail(new StoreFault('overloaded', 'Too many decisions wait for the database.'))
      return false
    }
    this.#waiting += 1
    this.#look ??= setInterval(() => this.#expire(), DEADLINE_LOOK_MS)
    return true
  }

  #ofRoot(root: string): Queue {
    const number = createHash('sha256').update(root).digest().readUInt32BE(0)
    return pick(this.#queues, number % this.#queues.length)
  }

  #leastBusy(): Queue {
    const load = ({ works, lane }: Queue) => works.length + (lane.jobs.length > 0 ? 1 : 0)
    return this.#queues.reduce((best, queue) => (load(queue) < load(best) ? queue : best))
  }

  #begin(queue: Queue): void {
    if (queue.running) return
    queue.running = true
    void this.#run(queue)
  }

  /** Serves one work after the other; a turn in between lets arrivals gather. */
  async #run(queue: Queue): Promise<void> {
    for (;;) {
      await nextTurn()
      const work = queue.works.shift()
      if (work === undefined) break
      if (work.kind === 'root' && queue.groups.get(work.root) === work.jobs) {
        queue.groups.delete(work.root)
      }
      await queue.lane.serve(work)
      this.#waiting -= work.jobs.length
    }
    queue.running = false
    if (this.#waiting === 0) this.#rest()
  }

  #rest(): void {
    clearInterval(this.#look)
    this.#look = undefined
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  #expire(): void {
    for (const { lane, works } of this.#queues) {
      expireJobs(lane.jobs)
      lane.stopExpired()
      for (const { jobs } of works) expireJobs(jobs)
    }
  }
}

function pick<T>(list: readonly T[], at: number): T {
  const one = list[at]
  if (one === undefined) throw new Error('there is at least one lane')
  return one
}
