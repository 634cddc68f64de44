import { problemHeaders, problemOf } from '../admission/problem.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { HttpContext } from './context.ts'

/**
 * Answers with the problem document of a refusal (RFC 9457), by the mapping that all HTTP faces
 * share. Facts go no further than the log line.
 */
export function refused(c: HttpContext, refusal: Refusal): Response {
  const problem = problemOf(refusal, c.get('requestId'))
  c.set('refusal', refusal)
  const headers = problemHeaders(problem)
  return new Response(JSON.stringify(problem), { status: problem.status, headers })
}
