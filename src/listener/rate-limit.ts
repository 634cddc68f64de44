import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'

const WINDOW_SECONDS = 60

/** Counts requests of one key a minute; refuses `rate_limited` with `retryAfterSeconds`. */
export type RateLimit = (key: string) => Promise<Result<void>>

/** A counter in this process's memory; forgets a key when its minute is over. */
export function createRateLimit(requestsPerMinute: number): RateLimit {
  const limiter = new RateLimiterMemory({ points: requestsPerMinute, duration: WINDOW_SECONDS })
  return async (key) => {
    try {
      await limiter.consume(key)
      return accept(undefined)
    } catch (state) {
      if (!(state instanceof RateLimiterRes)) throw state
      const retryAfterSeconds = Math.max(1, Math.ceil(state.msBeforeNext / 1000))
      return refuse('rate_limited', { retryAfterSeconds })
    }
  }
}

/**
 * The address noise is counted under: an IPv4 address, or the /64 of an IPv6 address, since one
 * host has all of it. Never from a header.
 */
export function noiseKey(address: string | undefined): string {
  if (address === undefined) return 'unknown'
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!address.includes(':')) return address
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups =
    tail === undefined
      ? left
      : [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
  return `${groups.slice(0, 4).join(':')}::/64`
}
