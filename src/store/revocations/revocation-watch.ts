import { IN_FLIGHT_POLL_MS } from '../../domain/limits.ts'
import type { RevocationChange } from '../../domain/revocation.ts'
import type { RevocationChanges } from '../ports.ts'

/** The revocation log as it is watched; each question costs little when nothing is new. */
export interface WatchedLog {
  head(): Promise<number>
  /** What came after a number of the log; undefined when nothing was committed since. */
  since(seq: number): Promise<Pick<RevocationChanges, 'head' | 'changes'> | undefined>
}

type Listener = (changes: readonly RevocationChange[]) => void

/**
 * Tells listeners what the revocation log gained, whichever process wrote it: by asking every
 * IN_FLIGHT_POLL_MS, and at once when this process has committed (`look`). Each change is told
 * once, in the order of its number, which is the order of commits; what could not be read is asked
 * for again. While nobody listens nothing is asked.
 */
export class RevocationWatch {
  readonly #log: WatchedLog
  readonly #failed: (fault: unknown) => void
  readonly #listeners = new Set<Listener>()
  #timer: NodeJS.Timeout | undefined
  #seq = 0
  #heardAt = 0
  #asked = false
  #failing = false
  #looking: Promise<void> | undefined

  constructor(log: WatchedLog, failed: (fault: unknown) => void) {
    this.#log = log
    this.#failed = failed
  }

  /** Where `listen` begins; call once before. Changes up to here are history. */
  async begin(): Promise<void> {
    this.#seq = await this.#log.head()
  }

  /** Listens from now on; answers how to stop. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    this.#timer ??= this.#poll()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#rest()
    }
  }

  /** Seconds since the log was last asked and answered; 0 while nobody listens. */
  staleness(): number {
    if (this.#timer === undefined) return 0
    return (performance.now() - this.#heardAt) / 1_000
  }

  /** Asks for new changes now, or once more after the question that is under way. */
  look(): void {
    if (this.#listeners.size === 0) return
    this.#asked = true
    this.#looking ??= this.#answer()
  }

  /** Stops asking, and waits for what is being told. */
  async close(): Promise<void> {
    this.#rest()
    await this.#looking
  }

  #rest(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #poll(): NodeJS.Timeout {
    this.#heardAt = performance.now()
    return setInterval(() => this.look(), IN_FLIGHT_POLL_MS).unref()
  }

  async #answer(): Promise<void> {
    try {
      while (this.#asked) {
        this.#asked = false
        const askedAt = performance.now()
        await this.#tell()
        this.#heardAt = askedAt
        this.#failing = false
      }
    } catch (fault) {
      // A store that can not be read is told of once, not forty times a second.
      if (!this.#failing) this.#failed(fault)
      this.#failing = true
    } finally {
      this.#looking = undefined
    }
  }

  async #tell(): Promise<void> {
    const found = await this.#log.since(this.#seq)
    if (found === undefined) return
    this.#seq = found.head
    if (found.changes.length === 0) return
    for (const listener of this.#listeners) {
      try {
        listener(found.changes)
      } catch (fault) {
        this.#failed(fault)
      }
    }
  }
}
