import type { RequestId } from '../domain/ids.ts'
import { REASONS_MAX } from '../domain/limits.ts'
import { type Reason, type Refusal, type RefusalCode, refusalEntry } from '../domain/refusal.ts'

/** The body of every refusal over HTTP (RFC 9457). `reasons` point into the request by RFC 6901. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: RefusalCode
  readonly request_id: RequestId
  readonly reasons: readonly Reason[]
  readonly retry_after_seconds?: number
}

const RETRY_SECONDS = 1
const RETRYABLE: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'rate_limited',
  'overloaded',
  'status_unknown',
])

/**
 * The one mapping from refusal to problem: total, since the table of refusals is closed. Facts stay
 * behind; only `retryAfterSeconds` is told, where waiting can help.
 */
export function problemOf(refusal: Refusal, requestId: RequestId): Problem {
  const { http: status, sentence: title } = refusalEntry(refusal.code)
  return {
    type: `urn:writ:refusal:${refusal.code}`,
    title,
    status,
    code: refusal.code,
    request_id: requestId,
    reasons: refusal.reasons.slice(0, REASONS_MAX),
    ...(RETRYABLE.has(refusal.code) ? { retry_after_seconds: retryAfter(refusal) } : {}),
  }
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
    const metadata =
      resourceMetadata === undefined ? '' : `, resource_metadata="${resourceMetadata}"`
    headers['WWW-Authenticate'] = `Bearer error="${refusalEntry(problem.code).oauth}"${metadata}`
  }
  if (problem.retry_after_seconds !== undefined) {
    headers['Retry-After'] = String(problem.retry_after_seconds)
  }
  return headers
}

function retryAfter(refusal: Refusal): number {
  const told = refusal.facts['retryAfterSeconds']
  return typeof told === 'number' && told > 0 ? Math.ceil(told) : RETRY_SECONDS
}
