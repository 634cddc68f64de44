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
  'not_narrower',
  'limit_unenforceable',
  'approval_required',
]
