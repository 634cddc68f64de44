import type { RemoteAnswer } from '../admission/remote.ts'
import type { KeyThumbprint } from '../domain/ids.ts'
import { AUTHORITY_KEYS_REFRESH_MS, AUTHORITY_KEYS_UNKNOWN_MS } from '../domain/limits.ts'
import { readPublishedKeys } from '../token/jwks.ts'
import type { KeySource } from '../token/key.ts'

/** The authority's published keys, for runtimes that stop between requests. */
export interface WebKeys {
  /** Keys fresh enough to judge a token by this key; undefined when there are none to be had. */
  keysFor(kid: KeyThumbprint): Promise<KeySource | undefined>
}

/**
 * Keys are fetched when a request needs them: no timer runs, and no request waits for the fetch of
 * another, which workers forbid. A set counts AUTHORITY_KEYS_REFRESH_MS; for a key that is not in
 * it, it is fetched again at most once in AUTHORITY_KEYS_UNKNOWN_MS.
 */
export function createWebKeys(
  fetch: () => Promise<RemoteAnswer>,
  now: () => number = () => Date.now(),
): WebKeys {
  let known: { readonly keys: KeySource; readonly at: number } | undefined
  let lookedAt = Number.NEGATIVE_INFINITY

  async function load(): Promise<KeySource | undefined> {
    const at = now()
    const answer = await fetch().catch(() => undefined)
    const read = answer?.status === 200 ? await readPublishedKeys(answer.json) : undefined
    if (read?.ok !== true) return undefined
    known = { keys: read.value, at }
    return read.value
  }
  return {
    async keysFor(kid) {
      const age = known === undefined ? Number.POSITIVE_INFINITY : now() - known.at
      if (known === undefined || age < 0 || age >= AUTHORITY_KEYS_REFRESH_MS) return load()
      const { keys } = known
      if (keys.verification(kid) !== undefined) return keys
      if (now() - lookedAt < AUTHORITY_KEYS_UNKNOWN_MS) return keys
      lookedAt = now()
      return load()
    },
  }
}
