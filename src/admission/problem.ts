import type { RequestId } from '../domain/ids.ts'
import { REASONS_MAX } from '../domain/limits.ts'
import type { RateLeft } from '../domain/rate.ts'
import { type Reason, type Refusal, type RefusalCode, refusalEntry } from '../domain/refusal.ts'
import { type RateText, rateHeaders, rateText, readRate } from './rate-headers.ts'

/** The body of every refusal over HTTP (RFC 9457). `reasons` point into the request by RFC 6901. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: RefusalCode
  readonly request_id: RequestId
  /** This very refusal, by its request: a name that leads nowhere. */
  readonly instance: string
  readonly reasons: readonly Reason[]
  readonly retry_after_seconds?: number
  /** What there is no more of; with refusals by a limit that is counted. */
  readonly limit_type?: LimitType
  /** The rate that has no room; absent where requests are limited, not calls. */
  readonly rate?: RateText
}

/** What can be used up. */
export type LimitType = 'uses' | 'budget' | 'rate'

const RETRY_SECONDS = 1
const RETRYABLE: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'rate_limited',
  'overloaded',
  'status_unknown',
])
const LIMIT_TYPES: ReadonlyMap<RefusalCode, LimitType> = new Map([
  ['uses_exhausted', 'uses'],
  ['budget_exhausted', 'budget'],
  ['rate_limited', 'rate'],
])

/**
 * The one mapping from refusal to problem: total, since the table of refusals is closed. Facts stay
 * behind; only `retryAfterSeconds` is told, where waiting can help, and which rate has no room.
 */
export function problemOf(refusal: Refusal, requestId: RequestId): Problem {
  const { http: status, sentence: title } = refusalEntry(refusal.code)
  const limitType = LIMIT_TYPES.get(refusal.code)
  const rate = rateOf(refusal)
  return {
    type: `urn:writ:refusal:${refusal.code}`,
    title,
    status,
    code: refusal.code,
    request_id: requestId,
    instance: `urn:writ:request:${requestId}`,
    reasons: refusal.reasons.slice(0, REASONS_MAX),
    ...(RETRYABLE.has(refusal.code) ? { retry_after_seconds: retryAfter(refusal) } : {}),
    ...(limitType === undefined ? {} : { limit_type: limitType }),
    ...(rate === undefined ? {} : { rate: rateText(rate) }),
  }
}

/** How a token comes. */
export type ChallengeScheme = 'Bearer' | 'DPoP'

/** The scheme of a challenge: there are proofs under one of them alone (RFC 9449 §7.1). */
export function schemeOf(code: RefusalCode, came: ChallengeScheme = 'Bearer'): ChallengeScheme {
  return code === 'proof_invalid' || code === 'nonce_required' ? 'DPoP' : came
}

/**
 * The headers that go with a problem: `Writ-Refusal` (so that it can not be taken for an upstream's
 * answer), `WWW-Authenticate` with 401 and 403 (RFC 6750 §3), `Retry-After` where waiting can help.
 * `resourceMetadata` is the URL of RFC 9728 §5.1, where there is one.
 */
export function problemHeaders(
  problem: Problem,
  resourceMetadata?: string,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    'Writ-Refusal': problem.code,
    'X-Request-Id': problem.request_id,
  }
  if (problem.status === 401 || problem.status === 403) {
    const { oauth } = refusalEntry(problem.code)
    const metadata =
      resourceMetadata === undefined ? '' : `, resource_metadata="${resourceMetadata}"`
    headers['WWW-Authenticate'] = `${schemeOf(problem.code)} error="${oauth}"${metadata}`
  }
  if (problem.retry_after_seconds !== undefined) {
    headers['Retry-After'] = String(problem.retry_after_seconds)
  }
  const rate = readRate(problem.rate)
  return rate === undefined ? headers : { ...headers, ...rateHeaders(rate) }
}

function rateOf(refusal: Refusal): RateLeft | undefined {
  const { limit, perSeconds } = refusal.facts
  if (refusal.code !== 'rate_limited') return undefined
  if (typeof limit !== 'number' || typeof perSeconds !== 'number') return undefined
  return { limit, remaining: 0, perSeconds, resetSeconds: retryAfter(refusal) }
}

function retryAfter(refusal: Refusal): number {
  const told = refusal.facts['retryAfterSeconds']
  return typeof told === 'number' && told > 0 ? Math.ceil(told) : RETRY_SECONDS
}
