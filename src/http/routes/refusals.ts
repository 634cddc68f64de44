import type { RefusalCode } from '../../domain/refusal.ts'

/** What I6 says when a lineage is not live. */
export const NOT_LIVE: readonly RefusalCode[] = [
  'revoked',
  'suspended',
  'released',
  'expired',
  'uses_exhausted',
]

/** What attestation says against a scope's floor. */
export const ATTESTATION: readonly RefusalCode[] = ['attestation_too_low', 'attestation_stale']

/** What granting a scope may refuse. */
export const GRANTING: readonly RefusalCode[] = [
  'contract_expired',
  'not_narrower',
  'limit_unenforceable',
]

/** What a yes may be refused for, and asking for one. */
export const ASKING: readonly RefusalCode[] = ['approval_denied', 'rate_limited']

/** What admission at the authority may refuse. */
export const REDEEMING: readonly RefusalCode[] = [
  'contract_expired',
  'token_kind',
  'signature_invalid',
  'issuer_mismatch',
  'audience_mismatch',
  'not_yet_valid',
  'depth_invalid',
  'holder_binding_failed',
  'request_mismatch',
  'scope_not_granted',
  'limit_unenforceable',
  'approval_required',
  'token_used',
  'budget_exhausted',
  ...ATTESTATION,
  ...NOT_LIVE,
]
