import {
  AUTHORITY_KEYS_AGE_MS,
  AUTHORITY_KEYS_REFRESH_MS,
  AUTHORITY_KEYS_UNKNOWN_MS,
} from '../domain/limits.ts'
import { readPublishedKeys } from '../token/jwks.ts'
import type { KeySource } from '../token/key.ts'
import type { FetchedKeys } from './ports.ts'

/** Published keys of the authority, kept fresh. */
export interface AuthorityKeys extends FetchedKeys {
  /** Milliseconds since the set was asked for that is in use; Infinity before the first. */
  age(): number
  /** Fetches now, unless a fetch is under way: then waits for that. Never rejects. */
  refresh(): Promise<void>
  /** Stops fetching. */
  close(): void
}

/** What fetching keys takes from outside. */
export interface AuthorityKeysSetup {
  /** The JSON of the authority's `/.well-known/jwks.json`; rejects when there is no answer. */
  readonly fetch: () => Promise<unknown>
  /** Told when a fetch failed or brought no sound set; the set before stays in use. */
  readonly failed: (cause: unknown) => void
  /** A clock that only goes forward, in milliseconds. */
  readonly now?: () => number
}

/**
 * Keeps the authority's published keys. The set is fetched anew every AUTHORITY_KEYS_REFRESH_MS,
 * and at once when a token names a key that is not in it, but for that at most once in
 * AUTHORITY_KEYS_UNKNOWN_MS, so that made-up key names can not flood the authority. So a new key is
 * known within a second of its first use, and a retired one is gone AUTHORITY_KEYS_REFRESH_MS after
 * it was retired while the authority answers. When it does not, the set counts for
 * AUTHORITY_KEYS_AGE_MS from the moment it was asked for; then no key is known at all.
 */
export function createAuthorityKeys(setup: AuthorityKeysSetup): AuthorityKeys {
  const { fetch, failed, now = () => performance.now() } = setup
  let keys: KeySource = { verification: () => undefined }
  let askedAt = -Infinity
  let lookedAt = -Infinity
  let running: Promise<void> | undefined
  const age = (): number => now() - askedAt
  const isFresh = (): boolean => age() < AUTHORITY_KEYS_AGE_MS
  const verification: KeySource['verification'] = (kid) =>
    isFresh() ? keys.verification(kid) : undefined

  async function load(): Promise<void> {
    const at = now()
    try {
      const read = await readPublishedKeys(await fetch())
      if (!read.ok) throw new Error('What the authority published is no set of keys.')
      keys = read.value
      askedAt = at
    } catch (cause) {
      failed(cause)
    }
  }
  const refresh = (): Promise<void> => {
    running ??= load().finally(() => {
      running = undefined
    })
    return running
  }
  const timer = setInterval(() => void refresh(), AUTHORITY_KEYS_REFRESH_MS)
  timer.unref()
  return {
    verification,
    async freshFor(kid) {
      if (verification(kid) !== undefined) return true
      if (now() - lookedAt >= AUTHORITY_KEYS_UNKNOWN_MS) {
        lookedAt = now()
        await refresh()
      } else if (running !== undefined) await running
      return isFresh()
    },
    age,
    refresh,
    close: () => clearInterval(timer),
  }
}
