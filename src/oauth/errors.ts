import { problemHeaders, problemOf } from '../admission/problem.ts'
import type { ApprovalId, LeaseId } from '../domain/ids.ts'
import { type Refusal, type RefusalCode, refusalEntry } from '../domain/refusal.ts'
import type { HttpContext } from '../listener/context.ts'
import type { ExtraHeaders } from '../listener/face.ts'

/**
 * Error words of the OAuth endpoints: RFC 6749 §5.2, RFC 6750 §3.1, RFC 8628 §3.5, RFC 8693 §2.2.2,
 * RFC 8707 §2, RFC 9396 §5, RFC 9449 §5 and §8.
 */
export type OAuthError =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_token'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'invalid_authorization_details'
  | 'authorization_pending'
  | 'access_denied'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'temporarily_unavailable'
  | 'server_error'

/** The error word and the status of each refusal: total, since the table of refusals is closed. */
export const OAUTH_ERRORS: Readonly<Record<RefusalCode, readonly [OAuthError, number]>> = {
  malformed: ['invalid_request', 400],
  too_large: ['invalid_request', 413],
  media_type: ['invalid_request', 415],
  method_not_allowed: ['invalid_request', 405],
  misdirected: ['invalid_request', 421],
  unauthenticated: ['invalid_client', 401],
  certificate_expired: ['invalid_client', 401],
  token_kind: ['invalid_request', 400],
  signature_invalid: ['invalid_request', 400],
  issuer_mismatch: ['invalid_request', 400],
  audience_mismatch: ['invalid_target', 400],
  not_yet_valid: ['invalid_request', 400],
  expired: ['invalid_grant', 400],
  depth_invalid: ['invalid_request', 400],
  proof_invalid: ['invalid_dpop_proof', 400],
  nonce_required: ['use_dpop_nonce', 400],
  holder_binding_failed: ['invalid_request', 400],
  attestation_failed: ['invalid_client', 401],
  attestation_too_low: ['unauthorized_client', 400],
  attestation_stale: ['unauthorized_client', 400],
  forbidden: ['unauthorized_client', 400],
  not_found: ['invalid_request', 400],
  revoked: ['invalid_grant', 400],
  suspended: ['invalid_grant', 400],
  quarantined: ['access_denied', 400],
  contract_expired: ['invalid_grant', 400],
  released: ['invalid_grant', 400],
  request_mismatch: ['invalid_request', 400],
  scope_not_granted: ['invalid_authorization_details', 400],
  not_narrower: ['invalid_authorization_details', 400],
  policy_denied: ['access_denied', 400],
  delegation_not_permitted: ['access_denied', 400],
  delegate_not_allowed: ['access_denied', 400],
  depth_exceeded: ['invalid_request', 400],
  fanout_exceeded: ['invalid_request', 400],
  tree_full: ['invalid_request', 400],
  limit_unenforceable: ['invalid_authorization_details', 400],
  approval_required: ['access_denied', 400],
  approval_denied: ['access_denied', 400],
  credential_not_permitted: ['access_denied', 400],
  renewal_exceeded: ['invalid_grant', 400],
  token_used: ['invalid_request', 400],
  uses_exhausted: ['invalid_grant', 400],
  budget_exhausted: ['invalid_request', 400],
  conflict: ['invalid_request', 400],
  rate_limited: ['temporarily_unavailable', 429],
  overloaded: ['temporarily_unavailable', 503],
  status_unknown: ['temporarily_unavailable', 503],
  credential_unavailable: ['temporarily_unavailable', 503],
  upstream_refused: ['temporarily_unavailable', 503],
  upstream_unreachable: ['temporarily_unavailable', 503],
  response_withheld: ['server_error', 500],
  upstream_timeout: ['temporarily_unavailable', 503],
  fault: ['server_error', 500],
}

/** Parameters whose own word stands for what is wrong with them; the first step of a pointer. */
const ERROR_OF_PARAMETER: ReadonlyMap<string, OAuthError> = new Map([
  ['grant_type', 'unsupported_grant_type'],
  ['scope', 'invalid_scope'],
  ['resource', 'invalid_target'],
  ['audience', 'invalid_target'],
  ['audiences', 'invalid_target'],
  ['authorization_details', 'invalid_authorization_details'],
])

/** Members beside those of every refusal, or in their place. */
interface ToldBeside {
  readonly error?: OAuthError
  readonly status?: number
  readonly lease_id?: LeaseId
  readonly approval_id?: ApprovalId
  readonly expires_in?: number
  readonly interval?: number
}

/**
 * The one mapping from refusal to OAuth error. Of what is malformed or too wide the parameter that
 * every reason points to decides; a yes that is not given yet is no denial.
 */
export function oauthErrorOf(refusal: Refusal): readonly [OAuthError, number] {
  const [error, status] = OAUTH_ERRORS[refusal.code]
  const { reasons } = refusal
  if (refusal.code === 'approval_denied' && reasons[0]?.code === 'pending') {
    return ['authorization_pending', status]
  }
  const absent = reasons.some(({ code }) => code === 'missing')
  // RFC 7521 §4.1.1: whatever is wrong with an assertion that is there.
  if (!absent && reasons[0]?.pointer === '/assertion') return ['invalid_grant', 400]
  if (refusal.code !== 'malformed' && refusal.code !== 'not_narrower') return [error, status]
  // RFC 6749 §5.2: a parameter that is missing is `invalid_request`, whichever it is.
  if (absent) return [error, status]
  const named = new Set(reasons.map(({ pointer }) => pointer.split('/')[1] ?? ''))
  const [only = ''] = named
  const own = named.size === 1 ? ERROR_OF_PARAMETER.get(only) : undefined
  return [own ?? error, status]
}

/** What the callers of one listener come with. */
type CallerCredential = 'certificate' | 'bearer'

/**
 * How a face row tells its refusals. Until it is known who asks, every 401 or 403 says that the
 * credential is no good: `invalid_client` for a certificate, `invalid_token` for a bearer token
 * (RFC 6750).
 */
export function oauthRefused(credential: CallerCredential) {
  return (c: HttpContext, refusal: Refusal, extra: ExtraHeaders = {}): Response => {
    const unproven = c.get('actor') === undefined
    if (!unproven || ![401, 403].includes(refusalEntry(refusal.code).http)) {
      return tellRefusal(c, refusal, {}, extra)
    }
    const error: OAuthError = credential === 'bearer' ? 'invalid_token' : 'invalid_client'
    const challenge =
      credential === 'bearer' ? { 'WWW-Authenticate': `Bearer error="${error}"` } : {}
    return tellRefusal(c, refusal, { error, status: 401 }, { ...challenge, ...extra })
  }
}

/** Tells a refusal in the words of OAuth; `told` stands in for them or beside them. */
export function tellRefusal(
  c: HttpContext,
  refusal: Refusal,
  { status, ...told }: ToldBeside = {},
  extra: ExtraHeaders = {},
): Response {
  c.set('refusal', refusal)
  const problem = problemOf(refusal, c.get('requestId'))
  const [error, usual] = oauthErrorOf(refusal)
  const body = {
    error,
    error_description: refusal.code === 'media_type' ? FORM : problem.title,
    code: refusal.code,
    request_id: problem.request_id,
    reasons: problem.reasons,
    ...told,
  }
  const { 'WWW-Authenticate': _, ...headers } = problemHeaders(problem)
  return new Response(JSON.stringify(body), {
    status: status ?? usual,
    headers: { ...headers, ...OAUTH_HEADERS, ...extra },
  })
}

const FORM = 'Send the body as application/x-www-form-urlencoded.'

/** RFC 6749 §5.1: nothing of these endpoints is kept by anybody in between. */
export const OAUTH_HEADERS = {
  'Content-Type': 'application/json',
  'Cache-Control': 'no-store',
  Pragma: 'no-cache',
} as const
