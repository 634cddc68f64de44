import { isArray } from '../../domain/json.ts'
import { type Reason, type Refusal, type RefusalCode, refusalEntry } from '../../domain/refusal.ts'
import type { Json } from '../../domain/scope/types.ts'
import { epochSeconds } from '../../domain/time.ts'
import { timeText } from '../../listener/time-text.ts'
import type { RpcError } from '../envelope.ts'
import { CRP_VERSIONS } from './version.ts'

/** The words of CRP for its numbers; -33022 and -33023 have no number in CRP and are ours. */
export const CRP_NUMBERS = {
  version_mismatch: -33001,
  service_not_found: -33002,
  policy_denied: -33003,
  lease_not_found: -33004,
  lease_expired: -33005,
  lease_not_renewable: -33006,
  credential_unavailable: -33007,
  rate_limited: -33008,
  scope_unavailable: -33009,
  provider_error: -33010,
  feature_not_supported: -33011,
  revocation_failed: -33012,
  approval_required: -33020,
  quarantined: -33021,
  delegation_depth_exceeded: -33022,
  broker_failure: -33023,
  invalid_params: -32602,
  invalid_request: -32600,
} as const

/** A word of CRP. */
export type CrpWord = keyof typeof CRP_NUMBERS

/**
 * CRP-24 to CRP-36: every refusal of ours in the words of CRP. Total: the compiler asks for each.
 * A frame that can not be read is the envelope's.
 */
export const CRP_ERRORS: Readonly<Record<RefusalCode, CrpWord>> = {
  malformed: 'invalid_params',
  too_large: 'invalid_request',
  media_type: 'invalid_request',
  method_not_allowed: 'feature_not_supported',
  misdirected: 'invalid_request',
  unauthenticated: 'policy_denied',
  certificate_expired: 'policy_denied',
  token_kind: 'policy_denied',
  signature_invalid: 'policy_denied',
  issuer_mismatch: 'policy_denied',
  audience_mismatch: 'policy_denied',
  not_yet_valid: 'policy_denied',
  expired: 'lease_expired',
  depth_invalid: 'policy_denied',
  holder_binding_failed: 'policy_denied',
  proof_invalid: 'policy_denied',
  nonce_required: 'policy_denied',
  attestation_failed: 'policy_denied',
  attestation_too_low: 'policy_denied',
  attestation_stale: 'policy_denied',
  forbidden: 'policy_denied',
  not_found: 'lease_not_found',
  revoked: 'lease_not_found',
  suspended: 'quarantined',
  quarantined: 'quarantined',
  contract_expired: 'policy_denied',
  released: 'lease_expired',
  request_mismatch: 'policy_denied',
  scope_not_granted: 'scope_unavailable',
  not_narrower: 'policy_denied',
  policy_denied: 'policy_denied',
  delegation_not_permitted: 'policy_denied',
  delegate_not_allowed: 'policy_denied',
  depth_exceeded: 'delegation_depth_exceeded',
  fanout_exceeded: 'policy_denied',
  tree_full: 'policy_denied',
  limit_unenforceable: 'policy_denied',
  approval_required: 'approval_required',
  approval_denied: 'policy_denied',
  credential_not_permitted: 'policy_denied',
  renewal_exceeded: 'lease_not_renewable',
  token_used: 'policy_denied',
  uses_exhausted: 'lease_not_renewable',
  budget_exhausted: 'policy_denied',
  conflict: 'version_mismatch',
  rate_limited: 'rate_limited',
  overloaded: 'provider_error',
  status_unknown: 'provider_error',
  credential_unavailable: 'credential_unavailable',
  upstream_refused: 'broker_failure',
  upstream_unreachable: 'broker_failure',
  response_withheld: 'provider_error',
  upstream_timeout: 'broker_failure',
  fault: 'provider_error',
}

/** Of these a revocation does not say whether it stands. */
const UNKNOWN_END: readonly RefusalCode[] = ['overloaded', 'status_unknown', 'fault']

/** The call that was refused, as far as there is one. */
export interface RefusedCall {
  readonly method: string
  readonly params: Json
}

/** One refusal as an error of CRP. Facts that name rules, places or locks stay here (CRP-21). */
export function crpError(refusal: Refusal, call: RefusedCall | undefined): RpcError {
  const word = wordOf(refusal, call?.method)
  const { code } = refusal
  const detail = refusal.reasons[0]?.detail ?? refusalEntry(code).sentence
  const data = { code, ...serviceOf(call), detail, ...moreOf(word, refusal, call) }
  return { code: CRP_NUMBERS[word], message: word, data }
}

function wordOf({ code, facts, reasons }: Refusal, method: string | undefined): CrpWord {
  if (code === 'not_found' && facts['unknown'] === 'service') return 'service_not_found'
  if (method === 'crp/revoke' && UNKNOWN_END.includes(code)) return 'revocation_failed'
  const deep = reasons.length > 0 && reasons.every(({ pointer }) => DEPTH.has(pointer))
  return deep ? 'delegation_depth_exceeded' : CRP_ERRORS[code]
}

/** Where a scope says how deep it may be passed on. */
const DEPTH: ReadonlySet<string> = new Set(['/limits/max_depth', '/delegation/allowed'])

const SERVICE = /^[a-zA-Z0-9._/-]{1,128}$/

/** The client's own word for it, where that is one: nothing is told that it did not say. */
function serviceOf(call: RefusedCall | undefined): { readonly service?: string } {
  const service = memberOf(call, 'service')
  return typeof service === 'string' && SERVICE.test(service) ? { service } : {}
}

function moreOf(
  word: CrpWord,
  { facts, reasons }: Refusal,
  call: RefusedCall | undefined,
): Readonly<Record<string, unknown>> {
  switch (word) {
    case 'version_mismatch':
      return { supported: CRP_VERSIONS }
    case 'approval_required': {
      const { approval, expiresAt } = facts
      if (typeof approval !== 'string') return {}
      const until =
        typeof expiresAt === 'number' ? { expiresAt: timeText(epochSeconds(expiresAt)) } : {}
      return { approvalId: approval, ...until, poll: `/v1/approvals/${approval}` }
    }
    case 'quarantined':
      return { outcome: 'quarantine' }
    case 'rate_limited':
    case 'provider_error':
      return { ...numberOf(facts, 'retryAfterSeconds', 'retryAfter'), ...numberOf(facts, 'limit') }
    case 'policy_denied':
    case 'scope_unavailable':
      return { reason: refusalWords(reasons), ...deniedOf(reasons, call) }
    case 'invalid_params':
      return { reasons }
    default:
      return {}
  }
}

function refusalWords(reasons: readonly Reason[]): string {
  return reasons[0]?.code ?? 'denied'
}

/** The scopes of the request that reasons point at. */
function deniedOf(reasons: readonly Reason[], call: RefusedCall | undefined) {
  const scopes = memberOf(call, 'scopes')
  if (!isArray(scopes)) return {}
  const denied = reasons.flatMap(({ pointer }) => {
    const index = /^\/scopes\/(\d{1,4})$/.exec(pointer)?.[1]
    const scope = index === undefined ? undefined : scopes[Number(index)]
    return typeof scope === 'string' ? [scope] : []
  })
  return denied.length === 0 ? {} : { deniedScopes: [...new Set(denied)] }
}

function memberOf(call: RefusedCall | undefined, name: string): Json | undefined {
  const params = call?.params
  if (params === null || typeof params !== 'object' || isArray(params)) return undefined
  return params[name]
}

function numberOf(facts: Refusal['facts'], fact: string, name = fact) {
  const value = facts[fact]
  return typeof value === 'number' ? { [name]: value } : {}
}
