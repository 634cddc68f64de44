import { inspect } from 'node:util'

const SHOWN = '[secret]'

/**
 * A secret in memory of its own, outside the pool that Node shares between buffers. It never prints
 * (I12), and `drop` overwrites it. What it can not promise: a text made of it, a copy that V8 or
 * TLS made, and a page that was swapped out stay where they are.
 */
export class Secret {
  #bytes: Buffer | undefined

  private constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** A copy of a text (as UTF-8) or of bytes; the caller overwrites its own. */
  static of(plain: string | Uint8Array): Secret {
    const length = typeof plain === 'string' ? Buffer.byteLength(plain) : plain.length
    const bytes = Buffer.allocUnsafeSlow(length)
    if (typeof plain === 'string') bytes.write(plain, 'utf8')
    else bytes.set(plain)
    return new Secret(bytes)
  }

  /** Hands the bytes to `work`, which must not keep them. Throws when the secret was dropped. */
  use<T>(work: (bytes: Buffer) => T): T {
    if (this.#bytes === undefined) throw new Error('This secret was dropped.')
    return work(this.#bytes)
  }

  /** The same secret with a life of its own. */
  copy(): Secret {
    return this.use((bytes) => Secret.of(bytes))
  }

  /** Overwrites the bytes with zeros; harmless a second time. */
  drop(): void {
    this.#bytes?.fill(0)
    this.#bytes = undefined
  }

  toString(): string {
    return SHOWN
  }

  toJSON(): string {
    return SHOWN
  }

  [inspect.custom](): string {
    return SHOWN
  }
}

/** The parts of one credential by name. */
export type SecretFields = Readonly<Record<string, Secret>>

/** Overwrites all parts. */
export function dropFields(fields: SecretFields): void {
  for (const secret of Object.values(fields)) secret.drop()
}
