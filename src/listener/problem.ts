import { problemHeaders, problemOf } from '../admission/problem.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { HttpContext } from './context.ts'

/**
 * Answers with the problem document of a refusal (RFC 9457), by the mapping that all HTTP faces
 * share. Facts go no further than the log line; `extra` headers are the caller's.
 */
export function refused(
  c: HttpContext,
  refusal: Refusal,
  extra: Readonly<Record<string, string>> = {},
): Response {
  const problem = problemOf(refusal, c.get('requestId'))
  c.set('refusal', refusal)
  const headers = { ...problemHeaders(problem), ...extra }
  return new Response(JSON.stringify(problem), { status: problem.status, headers })
}
