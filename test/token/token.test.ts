import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeProtectedHeader, importJWK, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import type { KeyThumbprint } from '../../src/domain/ids.ts'
import { MINT_BATCH_MAX, TOKEN_BYTES_MAX } from '../../src/domain/limits.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import type { TokenClaims } from '../../src/domain/token.ts'
import { publish } from '../../src/token/jwks.ts'
import type { KeySource, SigningKey } from '../../src/token/key.ts'
import { signCompact, signToken, tokenBytes } from '../../src/token/sign.ts'
import { parseToken, verifyToken } from '../../src/token/verify.ts'
import { verifyToken as verifyTokenByWebCrypto } from '../../src/token/verify-web.ts'
import { toWire } from '../../src/token/wire.ts'
import { freshP256 } from '../support/fresh-keys.ts'
import {
  AUDIENCE,
  agentAt,
  bytesFor,
  callClaims,
  delegationClaims,
  ISSUER,
  KEYS,
  leaseAt,
  NOW,
  PUBLISHED_KEYS,
} from '../vectors/material.ts'

const keys: KeySource = { verification: (kid) => PUBLISHED_KEYS.find((key) => key.kid === kid) }
const expected = { keys, issuer: ISSUER, audience: AUDIENCE, now: NOW }

function withKey(confirmation: TokenClaims['confirmation']): TokenClaims {
  const key = bytesFor('dpop key').toString('base64url') as KeyThumbprint
  return { ...callClaims(), confirmation: { ...confirmation, key } }
}

const STATUS = { uri: `${ISSUER}/v1/status-lists/3`, position: 9 }

const ALL_CLAIMS: readonly [string, TokenClaims][] = [
  ['a call', callClaims()],
  ['a call of a root', callClaims(0)],
  ['a call at depth 16', callClaims(16)],
  ['a delegation', delegationClaims()],
  ['a call bound to certificate and key', withKey({ ...callClaims().confirmation })],
  ['a call bound to a key alone', withKey({})],
  ['a pinned call', { ...callClaims(), pin: { method: 'GET', target: 'https://a.example/x' } }],
  ['a call with a status', { ...callClaims(), status: STATUS }],
  [
    'a pinned call with a status',
    {
      ...callClaims(),
      status: STATUS,
      pin: { method: 'POST', target: 'https://a.example/x' },
    },
  ],
  [
    'a call pinned with its body',
    {
      ...callClaims(),
      pin: { method: 'POST', target: 'https://a.example/x', bodyDigest: 'A'.repeat(43) },
    },
  ],
]

describe('signing and reading', () => {
  test.each(ALL_CLAIMS)('%s comes back as the same claims', async (_name, claims) => {
    for (const key of [KEYS.token, KEYS.named]) {
      const parsed = parseToken(await signToken(key, claims), claims.kind)
      if (!parsed.ok) throw new Error(parsed.refusal.code)
      expect(parsed.value.claims).toStrictEqual(claims)
      for (const verify of [verifyToken, verifyTokenByWebCrypto]) {
        const { audience } = claims
        expect(await verify(parsed.value, { ...expected, audience })).toEqual({
          ok: true,
          value: { claims, key: key.kid },
        })
      }
    }
  })

  test('the header is exactly alg, typ and kid', async () => {
    expect(decodeProtectedHeader(await signToken(KEYS.token, callClaims()))).toEqual({
      alg: 'EdDSA',
      typ: 'writ-call+jwt',
      kid: KEYS.token.kid,
    })
    expect(decodeProtectedHeader(await signToken(KEYS.named, delegationClaims()))).toEqual({
      alg: 'Ed25519',
      typ: 'writ-delegation+jwt',
      kid: KEYS.named.kid,
    })
  })

  test('the claims have the names of protocol §4, in one order', () => {
    const pin = { method: 'GET', target: 'https://a.example/x', bodyDigest: 'A'.repeat(43) }
    const wire = toWire({ ...callClaims(2), pin, status: STATUS })
    expect(Object.keys(wire).join(' ')).toBe(
      'jti iat nbf exp iss aud sub client_id act cnf authorization_details lease txn del_depth ' +
        'del_max_depth att status req',
    )
    expect(wire).toMatchObject({
      act: { sub: agentAt(2), act: { sub: agentAt(1), act: { sub: agentAt(0) } } },
      txn: leaseAt(0),
      lease: { id: leaseAt(2), lineage: [leaseAt(0), leaseAt(1), leaseAt(2)] },
      del_depth: 2,
      status: { status_list: { idx: 9, uri: STATUS.uri } },
      req: { htm: 'GET', htu: 'https://a.example/x', cd: 'A'.repeat(43) },
    })
    expect(Object.keys(wire.att)).toEqual(['tier', 'method', 'verifier', 'evh', 'at'])
  })

  test('an independent implementation verifies it with the published key', async () => {
    for (const key of [KEYS.token, KEYS.named]) {
      const [jwk] = publish([key.verification]).keys
      const options = { issuer: ISSUER, audience: AUDIENCE, currentDate: new Date(NOW * 1000) }
      const token = await signToken(key, callClaims())
      const { payload } = await jwtVerify(token, await importJWK(jwk ?? {}), options)
      expect(payload).toEqual(toWire(callClaims()))
    }
  })

  test('equal claims give equal bytes; a batch may be signed at once', async () => {
    const token = await signToken(KEYS.token, callClaims())
    const batch = await Promise.all(
      Array.from({ length: MINT_BATCH_MAX }, () => signToken(KEYS.token, callClaims())),
    )
    expect(new Set(batch)).toEqual(new Set([token]))
  })

  test('the size is known before signing', async () => {
    for (const [, claims] of ALL_CLAIMS) {
      const token = await signToken(KEYS.named, claims)
      expect(tokenBytes(KEYS.named, claims)).toBe(token.length)
    }
  })
})

describe('what is never signed', () => {
  test.each([
    ['another purpose', KEYS.receipt, callClaims(), 'A receipt key does not sign a token.'],
    ['another purpose still', KEYS.checkpoint, callClaims(), 'A checkpoint key does not sign'],
    [
      'a life that is too long',
      KEYS.token,
      { ...callClaims(), expiresAt: epochSeconds(NOW + 301) },
      'These claims make no token: malformed {"pointer":"/exp"}.',
    ],
    [
      'no confirmation',
      KEYS.token,
      { ...callClaims(), confirmation: {} },
      'These claims make no token: malformed {"pointer":"/cnf"}.',
    ],
    [
      'no lineage',
      KEYS.token,
      { ...callClaims(), lease: { id: leaseAt(0), lineage: [] } },
      'malformed {"pointer":"/lease"}',
    ],
    ['no actor', KEYS.token, { ...callClaims(), actors: [] }, 'malformed {"pointer":"/act"}'],
    [
      'a lone surrogate',
      KEYS.token,
      { ...callClaims(), audience: 'x\ud800' },
      'malformed {"pointer":""}',
    ],
    [
      'more than fits',
      KEYS.token,
      { ...callClaims(), pin: { method: 'GET', target: 'x'.repeat(TOKEN_BYTES_MAX) } },
      'These claims make no token: too_large',
    ],
  ] as const)('%s', async (_name, key, claims, message) => {
    await expect(signToken(key as SigningKey, claims as TokenClaims)).rejects.toThrow(message)
  })

  test('with a key that can not sign this is a fault', async () => {
    const { privateKey } = freshP256()
    const key = { ...KEYS.token, privateKey }
    await expect(signToken(key, callClaims())).rejects.toThrow('These claims make no token')
  })

  test('the purpose is held for every statement, not only for tokens', () => {
    const statement = { purpose: 'checkpoint', typ: 'x', payload: {} } as const
    return expect(signCompact(KEYS.token, statement)).rejects.toThrow(
      'A token key does not sign a checkpoint.',
    )
  })
})

describe('size', () => {
  test('exactly 8 KiB is read, one more is not', async () => {
    const base = tokenBytes(KEYS.token, { ...callClaims(), pin: { method: 'GET', target: 'x' } })
    for (let pad = Math.floor(((TOKEN_BYTES_MAX - base) * 3) / 4) - 4; ; pad += 1) {
      const claims = { ...callClaims(), pin: { method: 'GET', target: 'x'.repeat(pad) } }
      const size = tokenBytes(KEYS.token, claims)
      if (size < TOKEN_BYTES_MAX - 1) continue
      if (size > TOKEN_BYTES_MAX) {
        await expect(signToken(KEYS.token, claims)).rejects.toThrow('too_large')
        return
      }
      expect(await signToken(KEYS.token, claims)).toHaveLength(size)
    }
  })

  test('what is too large is told before anything else', () => {
    const parsed = parseToken('x'.repeat(TOKEN_BYTES_MAX + 1), 'call')
    expect(parsed).toMatchObject({
      refusal: { code: 'too_large', facts: { bytes: TOKEN_BYTES_MAX + 1 } },
    })
  })
})

describe('a refusal to verify', () => {
  const expiresAt = NOW + 60
  test.each([
    ['issuer_mismatch', { issuer: 'https://other.example' }, {}, { issuer: ISSUER }],
    ['audience_mismatch', { audience: 'https://other.example' }, {}, { audience: AUDIENCE }],
    ['not_yet_valid', { now: epochSeconds(NOW - 31) }, {}, { notBefore: NOW }],
    ['expired', { now: epochSeconds(expiresAt) }, {}, { expiresAt }],
    ['depth_invalid', {}, { maxDepth: 0 }, { depth: 1, maxDepth: 0 }],
  ] as const)('%s tells the log what it saw', async (code, otherwise, claims, facts) => {
    const token = await signToken(KEYS.token, { ...callClaims(), ...claims })
    const parsed = parseToken(token, 'call')
    if (!parsed.ok) throw new Error(parsed.refusal.code)
    expect(await verifyToken(parsed.value, { ...expected, ...otherwise })).toEqual({
      ok: false,
      refusal: { code, facts, reasons: [] },
    })
  })
})

describe('keys of a verifier', () => {
  test('are asked anew for each token: a key out of force verifies nothing', async () => {
    const parsed = parseToken(await signToken(KEYS.token, callClaims()), 'call')
    if (!parsed.ok) throw new Error(parsed.refusal.code)
    expect((await verifyToken(parsed.value, expected)).ok).toBe(true)
    const none = { verification: () => undefined }
    expect(await verifyToken(parsed.value, { ...expected, keys: none })).toEqual({
      ok: false,
      refusal: {
        code: 'signature_invalid',
        facts: { kid: KEYS.token.kid, known: false },
        reasons: [],
      },
    })
  })

  test('that are broken are a fault, never a yes', async () => {
    const parsed = parseToken(await signToken(KEYS.token, callClaims()), 'call')
    if (!parsed.ok) throw new Error(parsed.refusal.code)
    const publicKey = new Uint8Array(31)
    const broken = { verification: () => ({ ...KEYS.token.verification, publicKey }) }
    for (const verify of [verifyToken, verifyTokenByWebCrypto]) {
      await expect(verify(parsed.value, { ...expected, keys: broken })).rejects.toThrow()
    }
  })
})

test('verification for other runtimes imports nothing of Node', () => {
  const seen = new Set<string>()
  const visit = (path: string): void => {
    if (seen.has(path)) return
    seen.add(path)
    const source = readFileSync(path, 'utf8').replaceAll(/import type [^;]*? from '[^']*'/g, '')
    for (const [, from = ''] of source.matchAll(/from '([^']+)'/g)) {
      expect(from).not.toMatch(/^node:/)
      if (from.startsWith('.')) visit(resolve(dirname(path), from))
    }
  }
  visit(fileURLToPath(new URL('../../src/token/verify-web.ts', import.meta.url)))
  expect(seen.size).toBeGreaterThan(10)
})
