import { problemOf } from '../../admission/problem.ts'
import type { RequestId } from '../../domain/ids.ts'
import type { Refusal, RefusalCode } from '../../domain/refusal.ts'
import type { RpcError } from '../envelope.ts'

/** The error codes of CDP (CDPX-34); the numbers from its specification, §13. */
export const CDP_ERRORS = {
  AGENT_NOT_REGISTERED: -32001,
  CREDENTIAL_NOT_FOUND: -32002,
  POLICY_DENIED: -32003,
  USER_DENIED: -32004,
  LEASE_EXPIRED: -32005,
  LEASE_REVOKED: -32006,
  SCOPE_EXCEEDED: -32007,
  DELEGATION_TOO_DEEP: -32008,
  ATTESTATION_FAILED: -32009,
  RATE_LIMITED: -32010,
  VAULT_UNAVAILABLE: -32011,
  APPROVAL_TIMEOUT: -32012,
  CHANNEL_BINDING_FAILED: -32013,
  FINGERPRINT_MISMATCH: -32014,
  POLICY_INTEGRITY_ERROR: -32015,
  RENEWAL_LIMIT_EXCEEDED: -32016,
  REDIRECT_BLOCKED: -32017,
  DNS_REBINDING_DETECTED: -32018,
  AGENT_PROCESS_DEAD: -32019,
  REPLAY_DETECTED: -32020,
  /** Of JSON-RPC 2.0 §5.1, for what CDP has no word for. */
  INVALID_REQUEST: -32600,
  INVALID_PARAMS: -32602,
  INTERNAL_ERROR: -32603,
} as const

/** A word of the table of CDP. */
export type CdpError = keyof typeof CDP_ERRORS

/** The one mapping of this face; total, since the table of refusals is closed. */
export const CDP_CODES: Readonly<Record<RefusalCode, CdpError>> = {
  malformed: 'INVALID_PARAMS',
  too_large: 'INVALID_REQUEST',
  media_type: 'INVALID_REQUEST',
  method_not_allowed: 'INVALID_REQUEST',
  misdirected: 'INVALID_REQUEST',
  unauthenticated: 'AGENT_NOT_REGISTERED',
  certificate_expired: 'AGENT_NOT_REGISTERED',
  token_kind: 'FINGERPRINT_MISMATCH',
  signature_invalid: 'FINGERPRINT_MISMATCH',
  issuer_mismatch: 'FINGERPRINT_MISMATCH',
  audience_mismatch: 'SCOPE_EXCEEDED',
  not_yet_valid: 'LEASE_EXPIRED',
  expired: 'LEASE_EXPIRED',
  depth_invalid: 'DELEGATION_TOO_DEEP',
  holder_binding_failed: 'CHANNEL_BINDING_FAILED',
  proof_invalid: 'CHANNEL_BINDING_FAILED',
  nonce_required: 'CHANNEL_BINDING_FAILED',
  attestation_failed: 'ATTESTATION_FAILED',
  attestation_too_low: 'ATTESTATION_FAILED',
  attestation_stale: 'ATTESTATION_FAILED',
  forbidden: 'POLICY_DENIED',
  not_found: 'CREDENTIAL_NOT_FOUND',
  revoked: 'LEASE_REVOKED',
  suspended: 'LEASE_REVOKED',
  quarantined: 'POLICY_DENIED',
  contract_expired: 'POLICY_DENIED',
  released: 'LEASE_REVOKED',
  request_mismatch: 'SCOPE_EXCEEDED',
  scope_not_granted: 'SCOPE_EXCEEDED',
  not_narrower: 'SCOPE_EXCEEDED',
  policy_denied: 'POLICY_DENIED',
  delegation_not_permitted: 'POLICY_DENIED',
  delegate_not_allowed: 'POLICY_DENIED',
  depth_exceeded: 'DELEGATION_TOO_DEEP',
  fanout_exceeded: 'RATE_LIMITED',
  tree_full: 'RATE_LIMITED',
  limit_unenforceable: 'POLICY_DENIED',
  approval_required: 'APPROVAL_TIMEOUT',
  approval_denied: 'USER_DENIED',
  credential_not_permitted: 'POLICY_DENIED',
  renewal_exceeded: 'RENEWAL_LIMIT_EXCEEDED',
  token_used: 'REPLAY_DETECTED',
  uses_exhausted: 'SCOPE_EXCEEDED',
  budget_exhausted: 'SCOPE_EXCEEDED',
  conflict: 'INVALID_REQUEST',
  rate_limited: 'RATE_LIMITED',
  overloaded: 'RATE_LIMITED',
  status_unknown: 'VAULT_UNAVAILABLE',
  credential_unavailable: 'VAULT_UNAVAILABLE',
  upstream_refused: 'DNS_REBINDING_DETECTED',
  upstream_unreachable: 'INTERNAL_ERROR',
  response_withheld: 'INTERNAL_ERROR',
  upstream_timeout: 'INTERNAL_ERROR',
  fault: 'INTERNAL_ERROR',
}

/**
 * A refusal as an error of CDP. `message` begins with its word, `data.code` is ours. What a request
 * shows to be old or seen before is a replay to CDP, whatever our word for it.
 */
export function cdpError(refusal: Refusal, request: RequestId): RpcError {
  const replay = refusal.facts['replay'] === true
  const word = replay ? 'REPLAY_DETECTED' : CDP_CODES[refusal.code]
  const { title, reasons, retry_after_seconds: retry } = problemOf(refusal, request)
  return {
    code: CDP_ERRORS[word],
    message: `${word}: ${title}`,
    data: {
      code: refusal.code,
      cdp: word,
      request_id: request,
      ...(reasons.length === 0 ? {} : { reasons }),
      ...(retry === undefined ? {} : { retry_after_seconds: retry }),
    },
  }
}
