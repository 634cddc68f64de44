import type { Result } from './result.ts'

/**
 * The one closed table of refusals, in precedence order: when several apply, the earliest is told.
 * Of several findings on one lease `stateOf` tells the worst.
 *
 * `http` is the status of the REST face and of the gateway; `exit` the status of the command line
 * (1 failure, 2 usage, 3 denied, 4 not found); `oauth` the error word of RFC 6750 or RFC 6749;
 * `sentence` the only text a caller gets. Facts go to the log and the audit record, never to a
 * stranger.
 */
const table = [
  ['malformed', 400, 2, 'invalid_request', 'The request is not in the form this service accepts.'],
  ['too_large', 413, 2, 'invalid_request', 'The request is larger than this service accepts.'],
  ['media_type', 415, 2, 'invalid_request', 'Send the body as application/json.'],
  ['method_not_allowed', 405, 2, 'invalid_request', 'This address does not take that method.'],
  ['misdirected', 421, 2, 'invalid_request', 'The request names another host than it was sent to.'],
  ['unauthenticated', 401, 3, 'invalid_token', 'Present a credential this service knows.'],
  ['certificate_expired', 401, 3, 'invalid_token', 'The client certificate is not valid now.'],
  ['token_kind', 401, 3, 'invalid_token', 'A token of this kind is not accepted here.'],
  ['signature_invalid', 401, 3, 'invalid_token', 'The token was not signed by a key in force.'],
  ['issuer_mismatch', 401, 3, 'invalid_token', 'The token comes from another issuer.'],
  ['audience_mismatch', 401, 3, 'invalid_token', 'The token is meant for another audience.'],
  ['not_yet_valid', 401, 3, 'invalid_token', 'The token is not valid yet.'],
  ['expired', 401, 3, 'invalid_token', 'The token or lease has reached its end.'],
  ['depth_invalid', 401, 3, 'invalid_token', 'The position in the tree is deeper than allowed.'],
  ['proof_invalid', 401, 3, 'invalid_dpop_proof', 'No proof of possession was accepted.'],
  ['nonce_required', 401, 3, 'use_dpop_nonce', 'Put the nonce that comes along into the proof.'],
  [
    'holder_binding_failed',
    401,
    3,
    'invalid_token',
    'The token is bound to another certificate or key.',
  ],
  ['attestation_failed', 401, 3, 'invalid_token', 'The evidence was not accepted.'],
  ['attestation_too_low', 403, 3, 'insufficient_scope', 'The scope asks for a higher tier.'],
  [
    'attestation_stale',
    403,
    3,
    'insufficient_user_authentication',
    'The scope asks for fresher evidence.',
  ],
  ['forbidden', 403, 3, 'insufficient_scope', 'This role may not do that.'],
  ['not_found', 404, 4, 'invalid_request', 'There is nothing here for you.'],
  ['revoked', 401, 3, 'invalid_token', 'The authority behind this has been revoked.'],
  ['suspended', 401, 3, 'invalid_token', 'The authority behind this is suspended.'],
  ['quarantined', 403, 3, 'insufficient_scope', 'This waits until a person has looked at it.'],
  ['contract_expired', 403, 3, 'insufficient_scope', 'A contract behind this has ended.'],
  ['released', 401, 3, 'invalid_token', 'The lease has been released.'],
  ['request_mismatch', 403, 3, 'insufficient_scope', 'The token is pinned to another request.'],
  ['scope_not_granted', 403, 3, 'insufficient_scope', 'The scope does not cover this request.'],
  [
    'not_narrower',
    403,
    3,
    'invalid_authorization_details',
    'The scope asks for more than allowed.',
  ],
  ['policy_denied', 403, 3, 'insufficient_scope', 'The policy does not allow this.'],
  ['delegation_not_permitted', 403, 3, 'invalid_grant', 'This lease may not be delegated.'],
  ['delegate_not_allowed', 403, 3, 'invalid_grant', 'This lease may not go to that agent.'],
  ['depth_exceeded', 403, 3, 'invalid_grant', 'The tree may not grow deeper here.'],
  ['fanout_exceeded', 403, 3, 'invalid_grant', 'This lease has all the children it may have.'],
  ['tree_full', 403, 3, 'invalid_grant', 'This tree has all the leases it may have.'],
  ['limit_unenforceable', 403, 3, 'invalid_grant', 'The scope sets a limit not enforced here.'],
  [
    'approval_required',
    403,
    3,
    'insufficient_user_authentication',
    'The owner has to approve this.',
  ],
  [
    'approval_denied',
    403,
    3,
    'insufficient_user_authentication',
    'There is no approval for exactly this that still stands.',
  ],
  [
    'credential_not_permitted',
    403,
    3,
    'insufficient_scope',
    'No credential may be used for this call.',
  ],
  ['renewal_exceeded', 403, 3, 'invalid_grant', 'The lease can not be renewed any further.'],
  ['token_used', 401, 3, 'invalid_token', 'The token has been used.'],
  ['uses_exhausted', 403, 3, 'insufficient_scope', 'A lease above this call has no uses left.'],
  ['budget_exhausted', 402, 3, 'insufficient_scope', 'A budget above this call is used up.'],
  ['conflict', 409, 1, 'invalid_request', 'This does not fit what is already there.'],
  ['rate_limited', 429, 1, 'temporarily_unavailable', 'Too many requests; wait and try again.'],
  ['overloaded', 503, 1, 'temporarily_unavailable', 'The service is busy; wait and try again.'],
  ['status_unknown', 503, 1, 'temporarily_unavailable', 'The state is not known, so: no.'],
  [
    'credential_unavailable',
    503,
    1,
    'temporarily_unavailable',
    'The credential behind this can not be had now.',
  ],
  [
    'upstream_refused',
    502,
    1,
    'temporarily_unavailable',
    'The address behind the route is blocked.',
  ],
  ['upstream_unreachable', 502, 1, 'temporarily_unavailable', 'The upstream could not be reached.'],
  ['response_withheld', 502, 1, 'server_error', 'The answer of the upstream is withheld.'],
  ['upstream_timeout', 504, 1, 'temporarily_unavailable', 'The upstream did not answer in time.'],
  ['fault', 500, 1, 'server_error', 'Something broke here; the request id finds it in the log.'],
] as const

/** A word of the closed table. */
export type RefusalCode = (typeof table)[number][0]

/** What each face needs to know about one code. */
export interface RefusalEntry {
  readonly code: RefusalCode
  readonly precedence: number
  readonly http: number
  readonly exit: number
  readonly oauth: string
  readonly sentence: string
}

/** The table by code; the iteration order is the precedence order. */
export const REFUSALS: ReadonlyMap<RefusalCode, RefusalEntry> = new Map(
  table.map(([code, http, exit, oauth, sentence], precedence) => [
    code,
    { code, precedence, http, exit, oauth, sentence },
  ]),
)

/** One reason inside a refusal: where (RFC 6901 pointer into the input), what, in plain words. */
export interface Reason {
  readonly pointer: string
  readonly code: string
  readonly detail: string
}

/** Facts for the log and the audit record. No secret ever goes in here (I12). */
export type Facts = Readonly<Record<string, string | number | boolean | null>>

/** An expected "no". `reasons` is told to the caller, `facts` is not. */
export interface Refusal {
  readonly code: RefusalCode
  readonly facts: Facts
  readonly reasons: readonly Reason[]
}

/** Builds the refused outcome. */
export function refuse(
  code: RefusalCode,
  facts: Facts = {},
  reasons: readonly Reason[] = [],
): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: { code, facts, reasons } }
}

/**
 * What one stage of a decision looks at: accepted when every outcome is, else the refusal that
 * stands earliest in the table.
 */
export function requireAll(outcomes: readonly Result<unknown>[]): Result<void> {
  const refused = outcomes.filter((outcome) => !outcome.ok)
  const place = ({ refusal }: (typeof refused)[number]) => refusalEntry(refusal.code).precedence
  const [earliest] = refused.toSorted((a, b) => place(a) - place(b))
  return earliest ?? { ok: true, value: undefined }
}

/** The table row of a code; total, because the table is closed. */
export function refusalEntry(code: RefusalCode): RefusalEntry {
  const entry = REFUSALS.get(code)
  if (entry === undefined) throw new Error(`no refusal is called ${code}`)
  return entry
}
