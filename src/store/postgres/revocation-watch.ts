import { IN_FLIGHT_POLL_MS } from '../../domain/limits.ts'
import type { RevocationChange } from '../../domain/revocation.ts'
import { readChangesAfter, readRevocationHead } from '../revocation-log.ts'
import type { Snapshots } from './snapshots.ts'

type Listener = (changes: readonly RevocationChange[]) => void

/**
 * Tells listeners what the revocation log gained, whichever process wrote it, by asking every
 * IN_FLIGHT_POLL_MS for the newest number. Each change is told once, in the order of its number,
 * which is the order of commits. While nobody listens nothing is asked.
 */
export class RevocationWatch {
  readonly #snapshots: Snapshots
  readonly #failed: (fault: unknown) => void
  readonly #listeners = new Set<Listener>()
  #timer: NodeJS.Timeout | undefined
  #seq = 0
  #asked = false
  #failing = false
  #looking: Promise<void> | undefined

  constructor(snapshots: Snapshots, failed: (fault: unknown) => void) {
    this.#snapshots = snapshots
    this.#failed = failed
  }

  /** Where `listen` begins; call once before. Changes up to here are history. */
  async begin(): Promise<void> {
    this.#seq = await this.#snapshots.read((db) => readRevocationHead(db))
  }

  /** Listens from now on; answers how to stop. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    this.#timer ??= setInterval(() => this.look(), IN_FLIGHT_POLL_MS).unref()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#rest()
    }
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

  async #answer(): Promise<void> {
    try {
      while (this.#asked) {
        this.#asked = false
        await this.#tell()
        this.#failing = false
      }
    } catch (fault) {
      // A database that is away is told of once, not forty times a second.
      if (!this.#failing) this.#failed(fault)
      this.#failing = true
    } finally {
      this.#looking = undefined
    }
  }

  async #tell(): Promise<void> {
    const found = await this.#snapshots.read(async (db) => {
      const head = await readRevocationHead(db)
      return head === this.#seq ? undefined : readChangesAfter(db, this.#seq)
    })
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
