import { describe, expect, it } from 'vitest'
import type { CertificateThumbprint, KeyThumbprint } from '../../src/domain/ids.ts'
import type { RefusalCode } from '../../src/domain/refusal.ts'
import type { TokenClaims } from '../../src/domain/token.ts'
import { signToken } from '../../src/token/sign.ts'
import {
  ALICE,
  at,
  attestation,
  CERTIFICATE,
  leaseId,
  outcome,
  PLANNER,
  scope,
  WORKER,
} from '../domain/samples.ts'
import {
  claims,
  enforcementPoint,
  freshKey,
  GET,
  PEER,
  REQUEST_ID,
  TOKEN_KEY,
  token,
} from './rig.ts'

const OTHER_CERTIFICATE = 'b'.repeat(42).concat('A') as CertificateThumbprint
const SOME_KEY = 'j'.repeat(42).concat('A') as KeyThumbprint

describe('a call that passes all five stages', () => {
  it('is redeemed last and once, and nothing is recorded beside it', async () => {
    const point = enforcementPoint()
    expect(outcome(await point.present(await token()))).toBe('ok')
    expect(point.events).toEqual(['key', 'redeem'])
  })

  it('says who may do what, until when, and whose revocation cuts it', async () => {
    const point = enforcementPoint()
    const claimed = claims({ labels: { project: 'apollo' } })
    const result = await point.present(await signToken(TOKEN_KEY, claimed))
    expect(result).toEqual({
      ok: true,
      value: {
        claims: claimed,
        peer: PEER,
        record: { chain: 'chain-a', sequence: 7 },
        leaseEndsAt: at(500),
        subjects: [
          `lease:${leaseId(0)}`,
          `lease:${leaseId(1)}`,
          `agent:${PLANNER}`,
          `agent:${WORKER}`,
          `principal:${ALICE}`,
          'tenant:default',
          'label:project=apollo',
          `certificate:${CERTIFICATE}`,
          `key:${TOKEN_KEY.kid}`,
        ],
      },
    })
  })

  it('asks the ledger for exactly this call, and tells it nothing of the query', async () => {
    const point = enforcementPoint()
    const claimed = claims()
    await point.present(await signToken(TOKEN_KEY, claimed))
    expect(point.spends).toEqual([
      {
        tenant: 'default',
        jti: claimed.jti,
        expiresAt: at(60),
        lineage: [leaseId(0), leaseId(1)],
        certificate: CERTIFICATE,
        signingKey: TOKEN_KEY.kid,
        agent: WORKER,
        request: REQUEST_ID,
        facts: {
          audience: 'https://gateway.example:9443/api',
          certificate: CERTIFICATE,
          method: 'GET',
          target: 'https://api.example.com/repos/acme',
        },
      },
    ])
  })

  it('I7: a token that was spent is refused, as the ledger says', async () => {
    const point = enforcementPoint()
    const text = await token()
    expect(outcome(await point.present(text))).toBe('ok')
    expect(outcome(await point.present(text))).toBe('token_used')
    expect(point.events).toEqual(['key', 'redeem', 'key', 'redeem'])
  })
})

/** Denied before verification: noise, which nobody records and no ledger hears of. */
const unverified: readonly (readonly [string, RefusalCode, () => Promise<string>, string[]])[] = [
  ['no token at all', 'malformed', async () => '', []],
  ['a text that is no token', 'malformed', async () => 'a.b.c', []],
  ['a text longer than a token', 'too_large', async () => 'a'.repeat(8_193), []],
  ['a delegation token', 'token_kind', () => delegation(), []],
  ['a key nobody knows', 'signature_invalid', () => token({}, freshKey()), ['key']],
  ['another issuer', 'issuer_mismatch', () => token({ issuer: 'https://evil.example' }), ['key']],
  [
    'another audience',
    'audience_mismatch',
    () => token({ audience: 'https://x.example' }),
    ['key'],
  ],
  ['a token from the future', 'not_yet_valid', () => timed(31, 31, 91), ['key']],
  ['a token that has ended', 'expired', () => timed(-60, -60, 0), ['key']],
  ['a place deeper than allowed', 'depth_invalid', () => token({ maxDepth: 0 }), ['key']],
]

function delegation(): Promise<string> {
  return token({ kind: 'delegation', depth: 2, audience: 'https://authority.example' })
}

function timed(issued: number, notBefore: number, expires: number): Promise<string> {
  return token({ issuedAt: at(issued), notBefore: at(notBefore), expiresAt: at(expires) })
}

describe('a call denied before its token is verified is not recorded and keeps its token', () => {
  it.each(unverified)('%s: %s', async (_sentence, code, make, events) => {
    const point = enforcementPoint()
    expect(outcome(await point.present(await make()))).toBe(code)
    expect(point.events).toEqual(events)
  })

  it('neither does a body cost anything before verification', async () => {
    const point = enforcementPoint()
    const requires = { bind_request: true }
    await point.present(await token({ scope: scope({ requires }) }, freshKey()))
    expect(point.events).not.toContain('body')
  })
})

const stale = attestation({ at: at(-61) })
const OTHER_TARGET = { method: 'GET', target: 'https://api.example.com/repos/other' }

/** Denied after verification and before redemption. */
const verified: readonly (readonly [string, RefusalCode, Partial<TokenClaims>])[] = [
  ['I8: another agent', 'holder_binding_failed', { agent: PLANNER, actors: [PLANNER] }],
  [
    'I8: another certificate of the same agent',
    'holder_binding_failed',
    { confirmation: { certificate: OTHER_CERTIFICATE } },
  ],
  [
    'I8: a DPoP key beside the right certificate',
    'holder_binding_failed',
    { confirmation: { certificate: CERTIFICATE, key: SOME_KEY } },
  ],
  ['I8: a DPoP key alone', 'holder_binding_failed', { confirmation: { key: SOME_KEY } }],
  [
    'evidence too weak',
    'attestation_too_low',
    { scope: scope({ requires: { attestation_min: 'affirming' } }) },
  ],
  [
    'evidence too old',
    'attestation_stale',
    { attestation: stale, scope: scope({ requires: { attestation_max_age_seconds: 60 } }) },
  ],
  [
    'no pin where the scope asks for one',
    'request_mismatch',
    { scope: scope({ requires: { bind_request: true } }) },
  ],
  ['a pin to another request', 'request_mismatch', { pin: OTHER_TARGET }],
  ['a scope without grants', 'scope_not_granted', { scope: scope({ grants: [] }) }],
  [
    'I8: no key where the scope asks for one',
    'holder_binding_failed',
    { scope: scope({ requires: { dpop: true } }) },
  ],
  [
    'I11: a budget of a unit without a cost',
    'limit_unenforceable',
    { scope: scope({ limits: { budgets: [{ unit: 'USD', decimals: 2, amount: 5 }] } }) },
  ],
  [
    'an approval that was given for no request in particular',
    'request_mismatch',
    { scope: scope({ requires: { approval: true } }) },
  ],
]

describe('I10: a call denied after verification is recorded exactly once and keeps its token', () => {
  it.each(verified)('%s: %s', async (_sentence, code, changed) => {
    const point = enforcementPoint()
    const claimed = claims(changed)
    const result = await point.present(await signToken(TOKEN_KEY, claimed))
    expect(outcome(result)).toBe(code)
    expect(point.events).toEqual(['key', 'record'])
    expect(point.spends).toEqual([])
    expect(point.refusals).toHaveLength(1)
    expect(point.refusals[0]?.refusal).toEqual(result.ok ? undefined : result.refusal)
    expect(point.refusals[0]?.spend).toMatchObject({
      jti: claimed.jti,
      agent: WORKER,
      lineage: claimed.lease.lineage,
      certificate: CERTIFICATE,
      signingKey: TOKEN_KEY.kid,
      request: REQUEST_ID,
    })
  })

  it.each([
    ['another path', { ...GET, target: 'https://api.example.com/users/acme' }, 'scope_not_granted'],
    ['another method', { ...GET, method: 'DELETE' }, 'scope_not_granted'],
    [
      'another host',
      { ...GET, target: 'https://evil.example.com/repos/acme' },
      'scope_not_granted',
    ],
    [
      'a target nobody may write',
      { ...GET, target: 'https://api.example.com/a/../repos/x' },
      'malformed',
    ],
    [
      'a tool',
      { type: 'tool', server: 'https://m.example/mcp', tool: 'x', arguments: {} },
      'scope_not_granted',
    ],
  ] as const)('a request the scope does not cover: %s', async (_sentence, request, code) => {
    const point = enforcementPoint()
    expect(outcome(await point.present(await token(), { request }))).toBe(code)
    expect(point.events).toEqual(['key', 'record'])
  })

  it('tells the caller where the scope ends, as a pointer into the request', async () => {
    const point = enforcementPoint()
    const request = { ...GET, method: 'DELETE' }
    const result = await point.present(await token(), { request })
    expect(result.ok ? [] : result.refusal.reasons.map(({ pointer }) => pointer)).toContain(
      '/method',
    )
  })

  it('then passes, once it is presented as it should have been', async () => {
    const point = enforcementPoint()
    const text = await token()
    expect(outcome(await point.present(text, { request: { ...GET, method: 'DELETE' } }))).toBe(
      'scope_not_granted',
    )
    const thief = { uri: WORKER, certificate: OTHER_CERTIFICATE }
    expect(outcome(await point.present(text, { peer: thief }))).toBe('holder_binding_failed')
    expect(outcome(await point.present(text))).toBe('ok')
  })

  it('I8: the peer is another agent with a certificate of the same bytes: no', async () => {
    const point = enforcementPoint()
    const peer = { uri: PLANNER, certificate: CERTIFICATE }
    const result = await point.present(await token(), { peer })
    expect(result).toMatchObject({
      refusal: { code: 'holder_binding_failed', facts: { agent: WORKER, peer: PLANNER } },
    })
  })

  it('a refusal of the ledger is told as it is and not recorded again', async () => {
    const refusal = { code: 'revoked', facts: { lease: 'x' }, reasons: [] } as const
    const point = enforcementPoint({ answers: [{ kind: 'refused', refusal }] })
    expect(await point.present(await token())).toEqual({ ok: false, refusal })
    expect(point.events).toEqual(['key', 'redeem'])
  })

  it('a ledger that does not know throws, and nothing is admitted', async () => {
    const away = new Error('the store is away')
    const point = enforcementPoint({ answers: [away] })
    await expect(point.present(await token())).rejects.toBe(away)
  })
})
