import type { Reason, RefusalCode } from '../domain/refusal.ts'
import type { ApprovalView } from './views/approvals.ts'
import type { ProblemView } from './views/common.ts'

/**
 * What went wrong: a word of the table of refusals, or `unreachable` (nothing was done, or it may
 * be done again), `outcome_unknown` (sent once, and the answer is lost), `aborted`, `timeout`.
 */
export type ClientErrorCode =
  | RefusalCode
  | 'unreachable'
  | 'outcome_unknown'
  | 'aborted'
  | 'timeout'

/** What is known beside the code. */
export interface ClientErrorFacts {
  readonly status?: number
  /** Finds the request in the service's log. */
  readonly requestId?: string
  readonly reasons?: readonly Reason[]
  readonly retryAfterSeconds?: number
  /** The question that a person has to answer first; with `approval_required`. */
  readonly approval?: ApprovalView
  /** Of a call through the gateway whose answer is lost: whether its token is spent. */
  readonly spent?: boolean
  readonly cause?: unknown
}

/** Every "no" of `writ/client`. Its text holds no secret (I12). */
export class WritError extends Error {
  override readonly name = 'WritError'
  readonly code: ClientErrorCode
  readonly status: number | undefined
  readonly requestId: string | undefined
  readonly reasons: readonly Reason[]
  readonly retryAfterSeconds: number | undefined
  readonly approval: ApprovalView | undefined
  readonly spent: boolean | undefined

  constructor(code: ClientErrorCode, sentence: string, facts: ClientErrorFacts = {}) {
    super(sentence, facts.cause === undefined ? {} : { cause: facts.cause })
    this.code = code
    this.status = facts.status
    this.requestId = facts.requestId
    this.reasons = facts.reasons ?? []
    this.retryAfterSeconds = facts.retryAfterSeconds
    this.approval = facts.approval
    this.spent = facts.spent
  }
}

/** A refusal as the service told it. */
export function refusedWith(problem: ProblemView): WritError {
  const { code, title, status, request_id: requestId, reasons = [] } = problem
  const { retry_after_seconds: retryAfterSeconds } = problem
  return new WritError(code, title, {
    status,
    requestId,
    reasons,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })
}
