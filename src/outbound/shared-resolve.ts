import { LRUCache } from 'lru-cache'
import { DNS_ANSWER_MS, DNS_PINS_CACHED_MAX, DNS_TIMEOUT_MS } from '../domain/limits.ts'
import type { Resolve } from './checked-lookup.ts'

/** Resolves, but no longer than `timeoutMs`; rejects then. The question itself goes on. */
export function timelyResolve(resolve: Resolve, timeoutMs: number = DNS_TIMEOUT_MS): Resolve {
  return async (hostname) => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('the name was not resolved in time')), timeoutMs)
    })
    try {
      return await Promise.race([resolve(hostname), late])
    } finally {
      clearTimeout(timer)
    }
  }
}

/**
 * Resolves each name once for all who ask within DNS_ANSWER_MS, in time or not at all: the threads
 * that resolve are the ones that verify signatures. A failure is not kept.
 */
export function sharedResolve(resolve: Resolve): Resolve {
  const timely = timelyResolve(resolve)
  const asked = new LRUCache<string, Promise<readonly string[]>>({
    max: DNS_PINS_CACHED_MAX,
    ttl: DNS_ANSWER_MS,
  })
  return (hostname) => {
    const known = asked.get(hostname)
    if (known !== undefined) return known
    const answer = timely(hostname)
    asked.set(hostname, answer)
    answer.catch(() => asked.delete(hostname))
    return answer
  }
}
