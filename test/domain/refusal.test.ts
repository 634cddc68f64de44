import { describe, expect, it } from 'vitest'
import {
  REFUSALS,
  type RefusalCode,
  refusalEntry,
  refuse,
  requireAll,
} from '../../src/domain/refusal.ts'
import { accept } from '../../src/domain/result.ts'

const entries = [...REFUSALS.values()]

/** The whole table, once more by hand: a change here is a change of the contract. */
const EXPECTED: readonly (readonly [RefusalCode, number, number, string])[] = [
  ['malformed', 400, 2, 'invalid_request'],
  ['too_large', 413, 2, 'invalid_request'],
  ['media_type', 415, 2, 'invalid_request'],
  ['method_not_allowed', 405, 2, 'invalid_request'],
  ['misdirected', 421, 2, 'invalid_request'],
  ['unauthenticated', 401, 3, 'invalid_token'],
  ['certificate_expired', 401, 3, 'invalid_token'],
  ['token_kind', 401, 3, 'invalid_token'],
  ['signature_invalid', 401, 3, 'invalid_token'],
  ['issuer_mismatch', 401, 3, 'invalid_token'],
  ['audience_mismatch', 401, 3, 'invalid_token'],
  ['not_yet_valid', 401, 3, 'invalid_token'],
  ['expired', 401, 3, 'invalid_token'],
  ['depth_invalid', 401, 3, 'invalid_token'],
  ['proof_invalid', 401, 3, 'invalid_dpop_proof'],
  ['nonce_required', 401, 3, 'use_dpop_nonce'],
  ['holder_binding_failed', 401, 3, 'invalid_token'],
  ['attestation_failed', 401, 3, 'invalid_token'],
  ['attestation_too_low', 403, 3, 'insufficient_scope'],
  ['attestation_stale', 403, 3, 'insufficient_user_authentication'],
  ['forbidden', 403, 3, 'insufficient_scope'],
  ['not_found', 404, 4, 'invalid_request'],
  ['revoked', 401, 3, 'invalid_token'],
  ['suspended', 401, 3, 'invalid_token'],
  ['quarantined', 403, 3, 'insufficient_scope'],
  ['contract_expired', 403, 3, 'insufficient_scope'],
  ['released', 401, 3, 'invalid_token'],
  ['request_mismatch', 403, 3, 'insufficient_scope'],
  ['scope_not_granted', 403, 3, 'insufficient_scope'],
  ['not_narrower', 403, 3, 'invalid_authorization_details'],
  ['policy_denied', 403, 3, 'insufficient_scope'],
  ['delegation_not_permitted', 403, 3, 'invalid_grant'],
  ['delegate_not_allowed', 403, 3, 'invalid_grant'],
  ['depth_exceeded', 403, 3, 'invalid_grant'],
  ['fanout_exceeded', 403, 3, 'invalid_grant'],
  ['tree_full', 403, 3, 'invalid_grant'],
  ['limit_unenforceable', 403, 3, 'invalid_grant'],
  ['approval_required', 403, 3, 'insufficient_user_authentication'],
  ['approval_denied', 403, 3, 'insufficient_user_authentication'],
  ['credential_not_permitted', 403, 3, 'insufficient_scope'],
  ['renewal_exceeded', 403, 3, 'invalid_grant'],
  ['token_used', 401, 3, 'invalid_token'],
  ['uses_exhausted', 403, 3, 'insufficient_scope'],
  ['budget_exhausted', 402, 3, 'insufficient_scope'],
  ['conflict', 409, 1, 'invalid_request'],
  ['rate_limited', 429, 1, 'temporarily_unavailable'],
  ['overloaded', 503, 1, 'temporarily_unavailable'],
  ['status_unknown', 503, 1, 'temporarily_unavailable'],
  ['credential_unavailable', 503, 1, 'temporarily_unavailable'],
  ['upstream_refused', 502, 1, 'temporarily_unavailable'],
  ['upstream_unreachable', 502, 1, 'temporarily_unavailable'],
  ['response_withheld', 502, 1, 'server_error'],
  ['upstream_timeout', 504, 1, 'temporarily_unavailable'],
  ['fault', 500, 1, 'server_error'],
]

describe('the table of refusals', () => {
  it('holds exactly these rows, in this order of precedence', () => {
    expect(entries.map(({ code, http, exit, oauth }) => [code, http, exit, oauth])).toEqual(
      EXPECTED,
    )
  })

  it('numbers its rows from 0, without a gap', () => {
    expect(entries.map(({ precedence }) => precedence)).toEqual(entries.map((_, index) => index))
  })

  it('is reached by code', () => {
    for (const entry of entries) {
      expect(REFUSALS.get(entry.code)).toBe(entry)
      expect(refusalEntry(entry.code)).toBe(entry)
    }
  })

  it('is closed: another word is a bug, not a refusal', () => {
    const unknown = 'allowed' as RefusalCode
    expect(() => refusalEntry(unknown)).toThrow(new Error('no refusal is called allowed'))
  })
})

describe.each(entries)('the refusal $code', ({ code, http, exit, oauth, sentence }) => {
  it('is a word', () => {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
  })

  it('is never a success or a redirect', () => {
    expect(http).toBeGreaterThanOrEqual(400)
    expect(http).toBeLessThan(600)
  })

  it('never ends the command line as if all were well', () => {
    expect([1, 2, 3, 4]).toContain(exit)
  })

  it('ends the command line as its status says', () => {
    if (http === 401 || http === 403) expect(exit).toBe(3)
    if (http === 404) expect(exit).toBe(4)
    if (http >= 500) expect(exit).toBe(1)
    if ([400, 405, 413, 415, 421].includes(http)) expect(exit).toBe(2)
  })

  it('uses an error word of OAuth', () => {
    expect([
      'invalid_request',
      'invalid_token',
      'invalid_grant',
      'insufficient_scope',
      'invalid_authorization_details',
      'insufficient_user_authentication',
      'temporarily_unavailable',
      'server_error',
      'invalid_dpop_proof',
      'use_dpop_nonce',
    ]).toContain(oauth)
  })

  it('answers 401 exactly when it is about a credential', () => {
    const credential = ['invalid_token', 'invalid_dpop_proof', 'use_dpop_nonce']
    expect(http === 401).toBe(credential.includes(oauth))
  })

  it('says one plain sentence, which fills in nothing', () => {
    expect(sentence).toMatch(/^[A-Z][A-Za-z0-9,;:/ ]+\.$/)
    expect(sentence.length).toBeLessThanOrEqual(80)
    expect(sentence).not.toMatch(/[{}$%<>]/)
  })
})

describe('what is told apart and what is not', () => {
  it('no two refusals share a sentence', () => {
    expect(new Set(entries.map(({ sentence }) => sentence)).size).toBe(entries.length)
  })

  it('a token that is spent is told after everything that would have kept it', () => {
    const order = (code: RefusalCode) => refusalEntry(code).precedence
    const spends = order('token_used')
    for (const kept of [
      'malformed',
      'signature_invalid',
      'audience_mismatch',
      'expired',
      'holder_binding_failed',
      'revoked',
      'request_mismatch',
      'scope_not_granted',
    ] as const) {
      expect(order(kept)).toBeLessThan(spends)
    }
  })

  it('the five stages of admission tell their refusals in their order', () => {
    const stages: readonly RefusalCode[] = [
      'malformed',
      'too_large',
      'token_kind',
      'signature_invalid',
      'issuer_mismatch',
      'audience_mismatch',
      'not_yet_valid',
      'expired',
      'depth_invalid',
      'proof_invalid',
      'nonce_required',
      'holder_binding_failed',
      'attestation_too_low',
      'attestation_stale',
      'revoked',
      'suspended',
      'released',
      'request_mismatch',
      'scope_not_granted',
      'token_used',
      'uses_exhausted',
      'budget_exhausted',
      'status_unknown',
    ]
    const told = stages.map((code) => refusalEntry(code).precedence)
    expect(told).toEqual([...told].sort((a, b) => a - b))
  })
})

describe('a refusal is a value', () => {
  it('has neither facts nor reasons unless they are given', () => {
    expect(refuse('revoked')).toEqual({
      ok: false,
      refusal: { code: 'revoked', facts: {}, reasons: [] },
    })
  })

  it('carries facts for the log and reasons for the caller', () => {
    const reason = { pointer: '/grants/0', code: 'not_narrower', detail: 'Wider.' }
    expect(refuse('not_narrower', { lease: 'x', depth: 2 }, [reason])).toEqual({
      ok: false,
      refusal: { code: 'not_narrower', facts: { lease: 'x', depth: 2 }, reasons: [reason] },
    })
  })

  it('is told apart from a result by `ok` alone', () => {
    expect(accept(undefined)).toEqual({ ok: true, value: undefined })
    expect(accept(7)).toEqual({ ok: true, value: 7 })
  })
})

describe('of several refusals at one stage', () => {
  it('the earliest of the table is told, in whatever order they were found', () => {
    const found = (['fanout_exceeded', 'not_narrower', 'depth_exceeded'] as const).map((code) =>
      refuse(code, { code }),
    )
    for (const outcomes of [found, found.toReversed()]) {
      expect(requireAll([accept(1), ...outcomes])).toEqual(
        refuse('not_narrower', { code: 'not_narrower' }),
      )
    }
  })

  it('nothing is refused when every outcome was accepted', () => {
    expect(requireAll([accept(1), accept(2)])).toEqual(accept(undefined))
    expect(requireAll([])).toEqual(accept(undefined))
  })
})
