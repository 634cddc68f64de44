import { setImmediate as nextTurn } from 'node:timers/promises'
import { CENSUS_REST } from '../domain/limits.ts'
import type { LeasePlace, Waiting } from '../store/ports/census.ts'
import type { Store } from '../store/ports.ts'

/** Numbers of a census, or undefined: this process does not count, or could not. */
export interface CensusTold {
  leases(live: number | undefined): void
  waiting(waiting: Waiting | undefined): void
}

/** What a census counts, for whom, and whether it is this process that counts. */
export interface CensusParts {
  readonly store: Pick<Store, 'read'>
  readonly told: CensusTold
  readonly counts: () => boolean
  readonly failed: (fault: unknown) => void
  /** Milliseconds that only go forward; handed in by tests. */
  readonly ticks?: () => number
}

/**
 * Counts live leases and who waits for people, for the numbers of a process. Liveness is derived
 * (I6), so live leases can only be counted by walking them: that is done beside everything else,
 * never when somebody looks at the numbers, and it rests CENSUS_REST times as long as it took.
 */
export class Census {
  readonly #parts: CensusParts
  readonly #ticks: () => number
  #looking: Promise<void> | undefined
  #restUntil = 0
  #closed = false

  constructor(parts: CensusParts) {
    this.#parts = parts
    this.#ticks = parts.ticks ?? (() => performance.now())
  }

  /** Counts anew; to be asked every CENSUS_LOOK_MS. Never throws. */
  look(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#looking ??= this.#look()
      .catch((fault) => {
        this.#forget()
        this.#parts.failed(fault)
      })
      .finally(() => {
        this.#looking = undefined
      })
    return this.#looking
  }

  /** Stops where it is. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#looking
  }

  async #look(): Promise<void> {
    const { store, told, counts } = this.#parts
    if (!counts()) return this.#forget()
    told.waiting(await store.read((reads) => reads.countWaiting()))
    const started = this.#ticks()
    if (started < this.#restUntil) return
    const live = await this.#walk()
    if (live === undefined) return
    told.leases(live)
    const ended = this.#ticks()
    this.#restUntil = ended + CENSUS_REST * (ended - started)
  }

  /** Undefined when it was stopped on the way. */
  async #walk(): Promise<number | undefined> {
    let live = 0
    let after: LeasePlace | undefined
    do {
      const place = after
      const counted = await this.#parts.store.read((reads) => reads.countLive(place))
      live += counted.live
      after = counted.next
      await nextTurn()
      if (this.#closed) return undefined
    } while (after !== undefined)
    return live
  }

  /** What is not counted any more is not told: an old number would be taken for a new one. */
  #forget(): void {
    this.#restUntil = 0
    this.#parts.told.leases(undefined)
    this.#parts.told.waiting(undefined)
  }
}
