import type { Stage, Word } from './stage.ts'

/** What is forbidden where agents ask for leases and tokens, and the one word for it. */
export const ASKS = {
  'nothing that is forbidden': 'allowed',
  'to be heard without being enrolled': 'unauthenticated',
  'after it was revoked': 'revoked',
  'while it is suspended': 'suspended',
  'too often': 'rate_limited',
  'for more than its contract': 'not_narrower',
  'for a lease that a policy denies': 'policy_denied',
  'for a lease that needs a yes': 'approval_required',
  'with the lease of another': 'not_found',
  'with a lease that nobody has': 'not_found',
  'with a lease that was revoked': 'revoked',
  'with a lease that was released': 'released',
  'with a lease that is over': 'expired',
  'for a token of another audience': 'audience_mismatch',
  'to pass on more than it has': 'not_narrower',
  'to pass on what may not be passed on': 'delegation_not_permitted',
  'to pass it on to whom it may not go': 'delegate_not_allowed',
  'to pass it on deeper than allowed': 'depth_exceeded',
  'with the delegation of another': 'holder_binding_failed',
  'with a delegation twice': 'token_used',
  'with a delegation for elsewhere, which stays whole': 'audience_mismatch',
  'with a delegation that is forged': 'signature_invalid',
  'with a body that can not be read': 'malformed',
  'with a member twice': 'malformed',
  'with a body that is too large': 'too_large',
  'with a body of another type': 'media_type',
  'by another method': 'method_not_allowed',
  'while the store is away': 'status_unknown',
} as const satisfies Readonly<Record<string, Word>>

/** What is forbidden where calls are judged, and the one word for it. */
export const CALLS = {
  'nothing that is forbidden': 'allowed',
  'without a token': 'unauthenticated',
  'with a token that is forged': 'signature_invalid',
  'with a token of another kind': 'token_kind',
  'with the token of another': 'holder_binding_failed',
  'with a token twice': 'token_used',
  'with a token for another audience': 'audience_mismatch',
  'with a token that is over': 'expired',
  'after its lease was revoked': 'revoked',
  'after its holder was revoked': 'revoked',
  'while its holder is suspended': 'suspended',
  'outside its scope': 'scope_not_granted',
  'by a path that is not canonical': 'malformed',
  'with no uses left': 'uses_exhausted',
  'with no budget left': 'budget_exhausted',
  'faster than its rate': 'rate_limited',
  'against a policy': 'policy_denied',
  'without the yes that a policy asks for': 'approval_required',
  'while the store is away': 'status_unknown',
} as const satisfies Readonly<Record<string, Word>>

/** Why a face can not be asked to do it. */
export type Inexpressible = `not expressible: ${string}`

/** One face, and how each forbidden act is tried through it. */
export interface Face<Act extends string> {
  readonly name: string
  readonly tries: Readonly<Record<Act, ((stage: Stage) => Promise<string>) | Inexpressible>>
}

/** Acts of the two tables. */
export type Ask = keyof typeof ASKS
export type Call = keyof typeof CALLS
