import { createHmac, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { exportJWK, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  CLOCK_SKEW_SECONDS,
  FOREIGN_KEYS_MAX,
  FOREIGN_TOKEN_AGE_SECONDS_MAX,
  FOREIGN_TOKEN_BYTES_MAX,
} from '../../src/domain/limits.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import {
  type ForeignExpectations,
  readForeignToken,
  verifyForeignToken,
} from '../../src/token/foreign.ts'
import { type ForeignKeys, readForeignKeys } from '../../src/token/foreign-keys.ts'
import { freshEd25519, freshP256 } from '../support/fresh-keys.ts'

const NOW = 1_800_000_000
const ISSUER = 'https://issuer.example'
const AUDIENCE = 'https://authority.example#nonce'
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = freshP256()
const ed = freshEd25519()
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })

const EXPECTED: ForeignExpectations = {
  issuer: ISSUER,
  audience: AUDIENCE,
  algs: ['RS256', 'ES256', 'EdDSA'],
  ageSecondsMax: 300,
  now: epochSeconds(NOW),
}
const CLAIMS = { iss: ISSUER, aud: AUDIENCE, sub: 'job', iat: NOW, exp: NOW + 300, jti: 'one' }

let keys: ForeignKeys

beforeAll(async () => {
  const set = [
    { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', alg: 'RS256', use: 'sig', x5c: ['a'] },
    { ...(await exportJWK(ec.publicKey)), kid: 'ec' },
    { ...(await exportJWK(ed.publicKey)), kid: 'ed' },
  ]
  const read = await readForeignKeys({ keys: set }, EXPECTED.algs)
  if (!read.ok) throw new Error('the keys are sound')
  keys = read.value
})

type Members = Record<string, unknown>

function part(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return Buffer.from(text).toString('base64url')
}

/** Signs exactly these texts, however wrong they are. */
async function raw(header: unknown, claims: unknown, key: KeyObject = rsa.privateKey) {
  const { createSign } = await import('node:crypto')
  const signed = `${part(header)}.${part(claims)}`
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key).toString('base64url')}`
}

const HEADER = { alg: 'RS256', typ: 'JWT', kid: 'rsa' }

function sound(claims: Members = {}, header: Members = {}): Promise<string> {
  return raw({ ...HEADER, ...header }, { ...CLAIMS, ...claims })
}

async function judge(text: string, change: Partial<ForeignExpectations> = {}) {
  const token = readForeignToken(text)
  if (!token.ok) return token
  const key = keys.get(token.value.kid)
  if (key === undefined) return 'no such key'
  return verifyForeignToken(token.value, key, { ...EXPECTED, ...change })
}

const refused = (token: string) => ({
  ok: false,
  refusal: { code: 'attestation_failed', facts: { token }, reasons: [] },
})

describe('a token of another issuer', () => {
  it.each([
    ['RS256', 'rsa', rsa.privateKey],
    ['ES256', 'ec', ec.privateKey],
    ['EdDSA', 'ed', ed.privateKey],
  ] as const)('that is sound and signed with %s is believed', async (alg, kid, key) => {
    const text = await new SignJWT(CLAIMS).setProtectedHeader({ alg, kid }).sign(key)
    expect(await judge(text)).toEqual({ ok: true, value: CLAIMS })
  })

  it('may name its one audience in a list, and the hash of a certificate in its header', async () => {
    const text = await sound({ aud: [AUDIENCE] }, { x5t: 'abc', typ: 'jwt' })
    expect(await judge(text)).toMatchObject({ ok: true })
  })
})

const attacks: readonly (readonly [string, () => Promise<string> | string, string])[] = [
  ['alg none', () => `${part({ ...HEADER, alg: 'none' })}.${part(CLAIMS)}.AA`, 'alg'],
  [
    'alg none without a signature',
    () => `${part({ ...HEADER, alg: 'none' })}.${part(CLAIMS)}.`,
    'signature spelling',
  ],
  ['alg in another case', () => sound({}, { alg: 'rs256' }), 'alg'],
  [
    'HS256 with the public key as the secret',
    () => {
      const pem = rsa.publicKey.export({ format: 'pem', type: 'spki' })
      const signed = `${part({ ...HEADER, alg: 'HS256' })}.${part(CLAIMS)}`
      return `${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`
    },
    'alg',
  ],
  ['RS384 with the same key', () => sound({}, { alg: 'RS384' }), 'alg'],
  ['the name of a key for another algorithm', () => sound({}, { kid: 'ec' }), 'alg'],
  ['a key of a stranger', () => raw(HEADER, CLAIMS, stranger.privateKey), 'signature'],
  [
    'claims changed afterwards',
    async () => {
      const [header, , signature] = (await sound()).split('.')
      return `${header}.${part({ ...CLAIMS, sub: 'root' })}.${signature}`
    },
    'signature',
  ],
  [
    'jwk: a key in the header',
    async () => {
      const jwk = await exportJWK(stranger.publicKey)
      return raw({ ...HEADER, jwk }, CLAIMS, stranger.privateKey)
    },
    'header member',
  ],
  [
    'jku: an address in the header',
    () => sound({}, { jku: 'https://evil.example' }),
    'header member',
  ],
  ['x5u', () => sound({}, { x5u: 'https://evil.example' }), 'header member'],
  ['x5c', () => sound({}, { x5c: ['MII'] }), 'header member'],
  ['crit', () => sound({}, { crit: ['exp'] }), 'header member'],
  ['b64', () => sound({}, { b64: false }), 'header member'],
  ['zip', () => sound({}, { zip: 'DEF' }), 'header member'],
  ['enc', () => sound({}, { enc: 'A256GCM' }), 'header member'],
  ['another typ', () => sound({}, { typ: 'at+jwt' }), 'typ'],
  ['one of our own', () => sound({}, { typ: 'writ-call+jwt' }), 'typ'],
  ['no kid', () => sound({}, { kid: undefined }), 'kid'],
  ['a kid that is no text', () => sound({}, { kid: 7 }), 'kid'],
  ['a kid too long', () => sound({}, { kid: 'k'.repeat(257) }), 'kid'],
  ['no issuer', () => sound({ iss: undefined }), 'iss'],
  ['another issuer', () => sound({ iss: 'https://issuer.example/' }), 'iss'],
  ['another audience', () => sound({ aud: 'https://authority.example#other' }), 'aud'],
  ['no audience', () => sound({ aud: undefined }), 'aud'],
  ['two audiences', () => sound({ aud: [AUDIENCE, 'https://else.example'] }), 'aud'],
  ['the same audience twice', () => sound({ aud: [AUDIENCE, AUDIENCE] }), 'aud'],
  ['no audience in the list', () => sound({ aud: [] }), 'aud'],
  ['expired', () => sound({ exp: NOW }), 'exp'],
  ['no end', () => sound({ exp: undefined }), 'times'],
  ['an end that is no whole second', () => sound({ exp: NOW + 0.5 }), 'times'],
  ['an end as text', () => sound({ exp: `${NOW + 300}` }), 'times'],
  ['a life too long', () => sound({ exp: NOW + FOREIGN_TOKEN_AGE_SECONDS_MAX + 1 }), 'exp'],
  ['no beginning', () => sound({ iat: undefined }), 'times'],
  ['too old', () => sound({ iat: NOW - 301 }), 'iat'],
  ['from the future', () => sound({ iat: NOW + CLOCK_SKEW_SECONDS + 1 }), 'iat'],
  ['not valid yet', () => sound({ nbf: NOW + CLOCK_SKEW_SECONDS + 1 }), 'nbf'],
  ['nbf as text', () => sound({ nbf: '0' }), 'nbf'],
  [
    'a member twice',
    () => raw(HEADER, `${JSON.stringify(CLAIMS).slice(0, -1)},"sub":"root"}`),
    'not strict JSON',
  ],
  [
    'a header member twice',
    () => raw('{"alg":"none","typ":"JWT","kid":"rsa","alg":"RS256"}', CLAIMS),
    'not strict JSON',
  ],
  [
    'a number no double holds',
    () => raw(HEADER, `{"iss":"${ISSUER}","exp":1e400}`),
    'not strict JSON',
  ],
  ['claims that are a list', () => raw(HEADER, [CLAIMS]), 'not strict JSON'],
  ['padding', async () => `${await sound()}=`, 'signature spelling'],
  [
    'bits left over',
    async () => (await sound()).replace(/.$/, (last) => respelled(last)),
    'signature spelling',
  ],
  [
    'JSON serialization',
    () => JSON.stringify({ payload: part(CLAIMS), signatures: [] }),
    'not compact',
  ],
  ['five parts', async () => `${await sound()}.a.b`, 'not compact'],
  ['nothing', () => '', 'not compact'],
  [
    `more than ${FOREIGN_TOKEN_BYTES_MAX} bytes`,
    () => 'a'.repeat(FOREIGN_TOKEN_BYTES_MAX + 1),
    'too large',
  ],
  ['deep nesting', () => raw(HEADER, `${'{"a":'.repeat(99)}1${'}'.repeat(99)}`), 'not strict JSON'],
]

/** Another last character for the same bytes: 256 bytes leave four bits over. */
function respelled(last: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet[alphabet.indexOf(last) ^ 1] ?? '='
}

describe('attacks on a token of another issuer are refused', () => {
  it.each(attacks)('%s', async (_name, forge, reason) => {
    expect(await judge(await forge())).toEqual(refused(reason))
  })

  it('an algorithm the issuer is not configured for', async () => {
    expect(await judge(await sound(), { algs: ['ES256'] })).toEqual(refused('alg'))
  })
})

describe('keys of another issuer', () => {
  const read = async (entries: unknown, algs: ForeignExpectations['algs'] = EXPECTED.algs) => {
    const found = await readForeignKeys({ keys: entries }, algs)
    return found.ok ? [...found.value.keys()] : found.refusal.facts['keys']
  }

  it('for something else are passed over', async () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const jwk = await exportJWK(rsa.publicKey)
    const entries = [
      { ...jwk, kid: 'good' },
      { ...jwk, kid: 'encrypts', use: 'enc' },
      { ...jwk, kid: 'other', alg: 'PS256' },
      { ...jwk, kid: 'exponent', e: 'AQ' },
      { ...jwk },
      { ...(await exportJWK(weak.publicKey)), kid: 'weak' },
      { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43), kid: 'small order' },
      { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'no point' },
      { kty: 'XYZ', kid: 'unknown' },
    ]
    expect(await read(entries)).toEqual(['good'])
    expect(await read(entries, ['ES256'])).toEqual([])
  })

  it('with one name for two are nobody’s', async () => {
    const first = { ...(await exportJWK(rsa.publicKey)), kid: 'same' }
    const second = { ...(await exportJWK(stranger.publicKey)), kid: 'same' }
    expect(await read([first, second, { ...first, kid: 'own' }])).toEqual(['own'])
  })

  it('that tell a secret, or are too many, or no set at all, are refused whole', async () => {
    const secret = { ...(await exportJWK(rsa.privateKey)), kid: 'secret' }
    expect(await read([secret])).toBe('a secret part is published')
    expect(await read([{ kty: 'oct', k: 'AA', kid: 'k' }])).toBe('a secret part is published')
    const many = Array.from({ length: FOREIGN_KEYS_MAX + 1 }, () => ({ kid: randomUUID() }))
    expect(await read(many)).toBe('no list')
    expect(await read(undefined)).toBe('no list')
    expect(await read(['key'])).toBe('a key that is no object')
  })
})
