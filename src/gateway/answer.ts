import type { ServerResponse } from 'node:http'
import { type ChallengeTerms, challenged } from '../admission/challenge.ts'
import { problemOf } from '../admission/problem.ts'
import type { RequestId } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import { STALENESS_HEADER } from './staleness.ts'

/** What goes with one of our own answers. */
export interface AnswerTerms {
  readonly requestId: RequestId
  /** URL of the route's protected-resource metadata (RFC 9728 §5.1). */
  readonly metadataUrl?: string | undefined
  readonly challenge?: Pick<ChallengeTerms, 'scheme' | 'nonce'>
  /** Present once a token was spent. */
  readonly receipt?: string | undefined
  /** Present on a detached route. */
  readonly staleness?: string | undefined
  /** The status of `budget_exhausted`, when the route has another than the table. */
  readonly budgetStatus?: number | undefined
  /** The status instead of 401, where the protocol of the call has another (CDPX-12). */
  readonly unauthenticatedStatus?: number | undefined
  /** The connection ends with this answer. */
  readonly close: boolean
}

/** How long a client may go on sending what nobody reads. */
const LINGER_MS = 1_000

/** Header that tells our refusals from the upstream's answers; stripped from the latter. */
export const REFUSAL_HEADER = 'Writ-Refusal'
/** Header of the signed receipt of a spent token. */
export const RECEIPT_HEADER = 'Writ-Receipt'

/**
 * Tells a refusal (RFC 9457, RFC 6750 §3). Does nothing when the client is gone; a head must not
 * have been sent yet.
 */
export function answerRefusal(
  response: ServerResponse,
  refusal: Refusal,
  terms: AnswerTerms,
): void {
  const told = problemOf(refusal, terms.requestId)
  const { budgetStatus: status = told.status, metadataUrl: resourceMetadata } = terms
  const budgeted = refusal.code === 'budget_exhausted' ? { ...told, status } : told
  const challenge = { ...terms.challenge, resourceMetadata }
  const { problem: usual, headers: ours } = challenged(budgeted, refusal, challenge)
  const { unauthenticatedStatus = 401 } = terms
  const problem = usual.status === 401 ? { ...usual, status: unauthenticatedStatus } : usual
  const headers: Record<string, string> = { ...ours }
  if (terms.receipt !== undefined) headers[RECEIPT_HEADER] = terms.receipt
  if (terms.staleness !== undefined) headers[STALENESS_HEADER] = terms.staleness
  answer(response, problem.status, headers, JSON.stringify(problem), terms.close)
}

/** Sends a whole answer of our own, unless the client is gone or was answered already. */
export function answer(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
  close: boolean,
): void {
  if (response.destroyed || response.headersSent) return
  response.writeHead(status, {
    ...headers,
    'Content-Length': Buffer.byteLength(body),
    ...(close ? { Connection: 'close' } : {}),
  })
  if (response.req.complete) response.end(body)
  else linger(response, body)
}

/**
 * A connection that is closed while the client still sends is reset, and the reset can overtake the
 * answer. So the rest is read and thrown away for a moment (RFC 9112 §9.6).
 */
function linger(response: ServerResponse, body: string): void {
  const { req: request } = response
  response.write(body)
  const end = () => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(end, LINGER_MS)
  request.once('end', end).once('close', end)
  request.resume()
}
