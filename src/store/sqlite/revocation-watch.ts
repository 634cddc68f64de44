import { IN_FLIGHT_POLL_MS } from '../../domain/limits.ts'
import type { RevocationChange } from '../../domain/revocation.ts'
import { readChangesAfter, readRevocationHead } from '../revocation-log.ts'
import type { SqliteConnection } from './connect.ts'
import { sessionOn } from './dialect.ts'

type Listener = (changes: readonly RevocationChange[]) => void

/**
 * Tells listeners what the revocation log gained: right after this process's own commit (`look`),
 * and by asking every IN_FLIGHT_POLL_MS whether another process has written. Each change is told
 * once, in the order of its seq. While nobody listens nothing is asked.
 */
export class RevocationWatch {
  readonly #connection: SqliteConnection
  readonly #failed: (fault: unknown) => void
  readonly #listeners = new Set<Listener>()
  #timer: NodeJS.Timeout | undefined
  #seq = 0
  #version: unknown
  #looking: Promise<void> = Promise.resolve()

  constructor(connection: SqliteConnection, failed: (fault: unknown) => void) {
    this.#connection = connection
    this.#failed = failed
  }

  /** Where `listen` begins; call once before. Changes up to here are history. */
  async begin(): Promise<void> {
    this.#seq = await readRevocationHead(this.#session())
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

  /** Asks for new changes now; the answer goes to the listeners. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#tell()).catch(this.#failed)
    return this.#looking
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

  /** The version of the file changes when any other connection has committed; asking is cheap. */
  #poll(): NodeJS.Timeout {
    return setInterval(() => {
      try {
        const version = this.#connection.raw.pragma('data_version', { simple: true })
        if (version === this.#version) return
        this.#version = version
        void this.look()
      } catch (fault) {
        this.#failed(fault)
      }
    }, IN_FLIGHT_POLL_MS).unref()
  }

  async #tell(): Promise<void> {
    const { head, changes } = await readChangesAfter(this.#session(), this.#seq)
    this.#seq = head
    if (changes.length === 0) return
    for (const listener of this.#listeners) {
      try {
        listener(changes)
      } catch (fault) {
        this.#failed(fault)
      }
    }
  }

  #session() {
    return sessionOn(this.#connection, { open: true })
  }
}
