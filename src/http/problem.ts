import type { RequestId } from '../domain/ids.ts'
import { type Reason, type Refusal, type RefusalCode, refusalEntry } from '../domain/refusal.ts'
import type { HttpContext } from './context.ts'

/** Reasons told in one answer; more help nobody and would let a request choose the answer's size. */
export const REASONS_MAX = 32

/** The body of every refusal (RFC 9457). `reasons` point into the request by RFC 6901. */
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
 * Answers with the problem, `Writ-Refusal`, and what the status asks for: `WWW-Authenticate` (RFC
 * 6750 §3) with 401, `Retry-After` where waiting can help.
 */
export function refused(c: HttpContext, refusal: Refusal): Response {
  const problem = problemOf(refusal, c.get('requestId'))
  c.set('refusal', refusal)
  const headers: Record<string, string> = {
    'Content-Type': 'application/problem+json',
    'Writ-Refusal': problem.code,
  }
  if (problem.status === 401) {
    headers['WWW-Authenticate'] = `Bearer error="${refusalEntry(refusal.code).oauth}"`
  }
  if (problem.retry_after_seconds !== undefined) {
    headers['Retry-After'] = String(problem.retry_after_seconds)
  }
  return new Response(JSON.stringify(problem), { status: problem.status, headers })
}

function retryAfter(refusal: Refusal): number {
  const told = refusal.facts['retryAfterSeconds']
  return typeof told === 'number' && told > 0 ? Math.ceil(told) : RETRY_SECONDS
}
