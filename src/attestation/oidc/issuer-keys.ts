import { ISSUER_KEYS_AGAIN_MS, ISSUER_KEYS_AGE_MS } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import {
  type ForeignAlg,
  type ForeignKey,
  type ForeignKeys,
  readForeignKeys,
} from '../../token/foreign-keys.ts'
import type { FetchKeys } from './fetch-keys.ts'

/** The keys of one issuer, fetched when they are needed and kept for a while. */
export interface IssuerKeys {
  /**
   * The key of this name. Refusals: `attestation_failed` when the issuer's set, which is fresh, has
   * no such key; `status_unknown` when the set could not be had.
   */
  find(kid: string): Promise<Result<ForeignKey>>
}

/** What keeping keys takes from outside. */
export interface IssuerKeysSetup {
  readonly fetch: FetchKeys
  readonly algs: readonly ForeignAlg[]
  /** Told when a fetch failed or brought no sound set. */
  readonly failed: (cause: unknown) => void
  /** A clock that only goes forward, in milliseconds. */
  readonly now?: () => number
}

/**
 * Keeps the keys of an issuer for ISSUER_KEYS_AGE_MS, and asks again for a name it does not know,
 * but at most once in ISSUER_KEYS_AGAIN_MS, so that made-up names can not flood the issuer. When
 * it does not answer, the set counts until its age is reached, and then no key is known.
 */
export function createIssuerKeys(setup: IssuerKeysSetup): IssuerKeys {
  const { fetch, algs, failed, now = () => performance.now() } = setup
  let keys: ForeignKeys | undefined
  let fetchedAt = -Infinity
  let askedAt = -Infinity
  let running: Promise<void> | undefined

  async function load(): Promise<void> {
    const at = now()
    askedAt = at
    try {
      const read = await readForeignKeys(await fetch(), algs)
      if (!read.ok) throw new Error('An issuer published no sound key set.')
      keys = read.value
      fetchedAt = at
    } catch (cause) {
      failed(cause)
    }
  }
  /** Waits for the fetch under way, or begins one when it is time to. */
  function look(): Promise<void> {
    if (running === undefined && now() - askedAt < ISSUER_KEYS_AGAIN_MS) return Promise.resolve()
    running ??= load().finally(() => {
      running = undefined
    })
    return running
  }
  const fresh = (): ForeignKeys | undefined =>
    now() - fetchedAt < ISSUER_KEYS_AGE_MS ? keys : undefined

  return {
    async find(kid) {
      const known = fresh()?.get(kid)
      if (known !== undefined) return accept(known)
      await look()
      const set = fresh()
      if (set === undefined) return refuse('status_unknown', { keys: 'issuer away' })
      const key = set.get(kid)
      return key === undefined ? refuse('attestation_failed', { token: 'kid' }) : accept(key)
    },
  }
}
