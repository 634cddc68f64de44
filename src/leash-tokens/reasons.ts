import type { RefusalCode } from '../domain/refusal.ts'

/** The words with which LEASH says why a leash was rejected (LEASHX-05), and ours beside them. */
export type LeashReason =
  | 'malformed'
  | 'header-typ'
  | 'header-alg'
  | 'issuer-unknown'
  | 'bad-sig'
  | 'expired'
  | 'not-yet-valid'
  | 'unsupported-version'
  | 'audience-mismatch'
  | 'pop-failed'
  | 'stale-envelope'
  | 'scope-miss'
  | 'replayed'
  | 'revoked'
  | 'limit-reached'
  | 'unavailable'

/** The reason for each refusal; the code itself is told beside it. */
export const REASONS: Readonly<Record<RefusalCode, LeashReason>> = {
  malformed: 'malformed',
  too_large: 'malformed',
  media_type: 'malformed',
  method_not_allowed: 'malformed',
  misdirected: 'malformed',
  unauthenticated: 'unavailable',
  certificate_expired: 'revoked',
  token_kind: 'header-typ',
  signature_invalid: 'bad-sig',
  issuer_mismatch: 'issuer-unknown',
  audience_mismatch: 'audience-mismatch',
  not_yet_valid: 'not-yet-valid',
  expired: 'expired',
  depth_invalid: 'revoked',
  holder_binding_failed: 'pop-failed',
  proof_invalid: 'pop-failed',
  nonce_required: 'pop-failed',
  attestation_failed: 'revoked',
  attestation_too_low: 'revoked',
  attestation_stale: 'revoked',
  forbidden: 'scope-miss',
  not_found: 'revoked',
  revoked: 'revoked',
  suspended: 'revoked',
  quarantined: 'revoked',
  contract_expired: 'revoked',
  released: 'revoked',
  request_mismatch: 'scope-miss',
  scope_not_granted: 'scope-miss',
  not_narrower: 'scope-miss',
  policy_denied: 'scope-miss',
  delegation_not_permitted: 'scope-miss',
  delegate_not_allowed: 'scope-miss',
  depth_exceeded: 'limit-reached',
  fanout_exceeded: 'limit-reached',
  tree_full: 'limit-reached',
  limit_unenforceable: 'scope-miss',
  approval_required: 'scope-miss',
  approval_denied: 'scope-miss',
  credential_not_permitted: 'scope-miss',
  renewal_exceeded: 'limit-reached',
  token_used: 'replayed',
  uses_exhausted: 'limit-reached',
  budget_exhausted: 'limit-reached',
  conflict: 'unavailable',
  rate_limited: 'limit-reached',
  overloaded: 'unavailable',
  status_unknown: 'unavailable',
  credential_unavailable: 'unavailable',
  upstream_refused: 'unavailable',
  upstream_unreachable: 'unavailable',
  response_withheld: 'unavailable',
  upstream_timeout: 'unavailable',
  fault: 'unavailable',
}
