import type { Kysely } from 'kysely'
import { DECISION_DEADLINE_MS } from '../domain/limits.ts'
import type { Spend, SpendOutcome } from '../domain/redemption.ts'
import { refuse } from '../domain/refusal.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { StoreFault } from './fault.ts'
import type { Decided, Decision, Transaction } from './ports.ts'
import type { Schema } from './schema.ts'

/**
 * Something that waits for the writer. It is settled once: by its outcome after the commit, by a
 * fault, or by its deadline, whichever comes first; what comes later changes nothing.
 */
export type Job = SpendJob | DecideJob | ChoreJob

interface Waiting {
  /** Milliseconds of the monotonic clock at which the caller is told that the state is unknown. */
  readonly deadline: number
  readonly fail: (fault: unknown) => void
  /** Set when the deadline has passed; a job still in the queue is then not begun. */
  expired: boolean
}

/** A redemption that waits for its batch. */
export interface SpendJob extends Waiting {
  readonly kind: 'spend'
  readonly spend: Spend
  readonly settle: (outcome: SpendOutcome) => void
}

/** A unit of work that waits for its turn. */
export interface DecideJob extends Waiting {
  readonly kind: 'decide'
  readonly work: (transaction: Transaction) => Promise<Decision<unknown>>
  readonly settle: (decided: Decided<unknown>) => void
  /** Rejects at the deadline: work that never ends must not hold the transaction. */
  readonly overdue: Promise<never>
}

/** Housekeeping that shares the commit and decides nothing, so it leaves no record. */
export interface ChoreJob extends Waiting {
  readonly kind: 'chore'
  readonly work: (db: Kysely<Schema>, now: EpochSeconds) => Promise<unknown>
  readonly settle: (answer: unknown) => void
  readonly overdue: Promise<never>
}

/** First in, first out; taking many from the front does not move the rest. */
export class JobQueue {
  #jobs: Job[] = []
  #head = 0

  get size(): number {
    return this.#jobs.length - this.#head
  }

  push(job: Job): void {
    this.#jobs.push(job)
  }

  take(max: number): Job[] {
    const taken = this.#jobs.slice(this.#head, this.#head + max)
    this.#head += taken.length
    if (this.#head === this.#jobs.length) {
      this.#jobs = []
      this.#head = 0
    } else if (this.#head > 4_096) {
      this.#jobs = this.#jobs.slice(this.#head)
      this.#head = 0
    }
    return taken
  }

  /** The jobs that wait, oldest first. */
  *[Symbol.iterator](): Iterator<Job> {
    for (let at = this.#head; at < this.#jobs.length; at += 1) {
      const job = this.#jobs[at]
      if (job !== undefined) yield job
    }
  }
}

/** The clock of a job that begins to wait now. */
export function waiting(): Pick<Job, 'deadline' | 'expired'> {
  return { deadline: performance.now() + DECISION_DEADLINE_MS, expired: false }
}

/** A job that can be given up while it runs: failing it also ends the wait for its work. */
export function overdue(reject: (fault: unknown) => void): Pick<DecideJob, 'fail' | 'overdue'> {
  let giveUp: (fault: unknown) => void = () => {}
  const never = new Promise<never>((_, rejectOverdue) => {
    giveUp = rejectOverdue
  })
  never.catch(() => {})
  const fail = (fault: unknown) => {
    giveUp(fault)
    reject(fault)
  }
  return { fail, overdue: never }
}

/** A redemption: `overloaded` and `status_unknown` are told as refusals, other faults thrown. */
export function spendJob(
  spend: Spend,
  settle: (outcome: SpendOutcome) => void,
  reject: (fault: unknown) => void,
): SpendJob {
  const fail = (fault: unknown) => {
    const told = fault instanceof StoreFault && fault.retryable ? fault.code : undefined
    if (told === 'overloaded' || told === 'status_unknown') {
      settle({ kind: 'refused', refusal: refuse(told).refusal })
    } else {
      reject(fault)
    }
  }
  return { kind: 'spend', spend, settle, fail, ...waiting() }
}

/** Fails what has waited past its deadline; of jobs in the order of their arrival. */
export function expireJobs(jobs: Iterable<Job>): void {
  const now = performance.now()
  for (const job of jobs) {
    if (job.deadline > now) break
    if (job.expired) continue
    job.expired = true
    job.fail(new StoreFault('status_unknown', 'The decision took too long.'))
  }
}

/** A record that says something else than the result would be a lie in the trail (I10). */
export function requireTruthful({ result, record }: Decision<unknown>): void {
  const outcome = result.ok ? 'allowed' : result.refusal.code
  if (record.outcome === outcome) return
  throw new StoreFault('fault', `A record says ${record.outcome} of what was ${outcome}.`)
}
