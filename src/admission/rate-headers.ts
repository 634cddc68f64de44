import type { RateLeft } from '../domain/rate.ts'

/**
 * What a caller is told of the rate it is closest to: `X-RateLimit-*`, which the field knows, with
 * seconds from now in `-Reset`; and the list items of draft-ietf-httpapi-ratelimit-headers-10,
 * which stand beside those of an upstream.
 */
export function rateHeaders(rate: RateLeft): Readonly<Record<string, string>> {
  const { limit, remaining, perSeconds, resetSeconds } = rate
  return {
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Remaining': String(remaining),
    'X-RateLimit-Reset': String(resetSeconds),
    'RateLimit-Policy': `"writ";q=${limit};w=${perSeconds}`,
    RateLimit: `"writ";r=${remaining};t=${resetSeconds}`,
  }
}

/** Names (lowercase) that an upstream may not say beside ours: there is one of each. */
export const SINGLE_RATE_HEADERS: ReadonlySet<string> = new Set([
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
])

/** A rate as JSON. */
export interface RateText {
  readonly limit: number
  readonly remaining: number
  readonly per_seconds: number
  readonly reset_seconds: number
}

/** The rate in the words of the wire. */
export function rateText({ limit, remaining, perSeconds, resetSeconds }: RateLeft): RateText {
  return { limit, remaining, per_seconds: perSeconds, reset_seconds: resetSeconds }
}

/** A rate out of an answer of the authority; undefined when it is not a whole one. */
export function readRate(json: unknown): RateLeft | undefined {
  const told = (json ?? {}) as Readonly<Record<string, unknown>>
  const { limit, remaining, per_seconds: perSeconds, reset_seconds: resetSeconds } = told
  if (!isCount(limit) || !isCount(remaining)) return undefined
  if (!isCount(perSeconds) || !isCount(resetSeconds)) return undefined
  return { limit, remaining, perSeconds, resetSeconds }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
