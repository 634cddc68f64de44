import { problemOf } from '../admission/problem.ts'
import type { RequestId } from '../domain/ids.ts'
import type { Refusal, RefusalCode } from '../domain/refusal.ts'

/**
 * What a model can do about a no. `mend`: ask otherwise. `ask_owner`: a person has to change
 * something. `wait`: the same again later. `stop`: nothing this agent does will help.
 */
export type NextStep = 'mend' | 'ask_owner' | 'wait' | 'stop'

/** Number of JSON-RPC where there is no tool that could tell it, and the next step. */
type Told = readonly [rpc: number, next: NextStep]

const PARSE = -32700
const REQUEST = -32600
const INTERNAL = -32603
/** Of the range that JSON-RPC 2.0 leaves to servers; the word is in `data.code`. */
const REFUSED = -32000

/** The one mapping of this face: total, since the compiler holds it to the table of refusals. */
export const MCP_REFUSALS: Readonly<Record<RefusalCode, Told>> = {
  malformed: [PARSE, 'mend'],
  too_large: [REQUEST, 'mend'],
  media_type: [REQUEST, 'mend'],
  method_not_allowed: [REQUEST, 'mend'],
  misdirected: [REQUEST, 'mend'],
  unauthenticated: [REFUSED, 'stop'],
  certificate_expired: [REFUSED, 'stop'],
  token_kind: [REFUSED, 'mend'],
  signature_invalid: [REFUSED, 'stop'],
  issuer_mismatch: [REFUSED, 'stop'],
  audience_mismatch: [REFUSED, 'mend'],
  not_yet_valid: [REFUSED, 'wait'],
  expired: [REFUSED, 'mend'],
  depth_invalid: [REFUSED, 'stop'],
  proof_invalid: [REFUSED, 'mend'],
  nonce_required: [REFUSED, 'mend'],
  holder_binding_failed: [REFUSED, 'stop'],
  attestation_failed: [REFUSED, 'stop'],
  attestation_too_low: [REFUSED, 'ask_owner'],
  attestation_stale: [REFUSED, 'ask_owner'],
  forbidden: [REFUSED, 'ask_owner'],
  not_found: [REFUSED, 'mend'],
  revoked: [REFUSED, 'stop'],
  suspended: [REFUSED, 'stop'],
  quarantined: [REFUSED, 'ask_owner'],
  contract_expired: [REFUSED, 'ask_owner'],
  released: [REFUSED, 'mend'],
  request_mismatch: [REFUSED, 'mend'],
  scope_not_granted: [REFUSED, 'mend'],
  not_narrower: [REFUSED, 'mend'],
  policy_denied: [REFUSED, 'ask_owner'],
  delegation_not_permitted: [REFUSED, 'ask_owner'],
  delegate_not_allowed: [REFUSED, 'ask_owner'],
  depth_exceeded: [REFUSED, 'ask_owner'],
  fanout_exceeded: [REFUSED, 'ask_owner'],
  tree_full: [REFUSED, 'ask_owner'],
  limit_unenforceable: [REFUSED, 'mend'],
  approval_required: [REFUSED, 'ask_owner'],
  approval_denied: [REFUSED, 'ask_owner'],
  credential_not_permitted: [REFUSED, 'ask_owner'],
  renewal_exceeded: [REFUSED, 'mend'],
  token_used: [REFUSED, 'mend'],
  uses_exhausted: [REFUSED, 'ask_owner'],
  budget_exhausted: [REFUSED, 'ask_owner'],
  conflict: [REFUSED, 'mend'],
  rate_limited: [REFUSED, 'wait'],
  overloaded: [REFUSED, 'wait'],
  status_unknown: [REFUSED, 'wait'],
  credential_unavailable: [REFUSED, 'wait'],
  upstream_refused: [REFUSED, 'stop'],
  upstream_unreachable: [REFUSED, 'wait'],
  response_withheld: [REFUSED, 'stop'],
  upstream_timeout: [REFUSED, 'wait'],
  fault: [INTERNAL, 'stop'],
}

/** A refusal as tools and JSON-RPC errors tell it: our word, one sentence, what to do. */
export interface ToldRefusal {
  readonly code: RefusalCode
  readonly message: string
  readonly next: NextStep
  readonly request_id: RequestId
  readonly reasons: readonly { pointer: string; code: string; detail: string }[]
  readonly retry_after_seconds?: number
}

/** The members of a refusal on this face; its facts stay behind (I12). */
export function toldRefusal(refusal: Refusal, request: RequestId): ToldRefusal {
  const { code, title, reasons, request_id, retry_after_seconds } = problemOf(refusal, request)
  return {
    code,
    message: title,
    next: MCP_REFUSALS[code][1],
    request_id,
    reasons: reasons.map((reason) => ({ ...reason })),
    ...(retry_after_seconds === undefined ? {} : { retry_after_seconds }),
  }
}

/** The same as an error object of JSON-RPC 2.0. */
export function rpcErrorOf(refusal: Refusal, request: RequestId) {
  const data = toldRefusal(refusal, request)
  return { code: MCP_REFUSALS[refusal.code][0], message: data.message, data }
}
