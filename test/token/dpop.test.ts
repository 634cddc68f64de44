import { createHmac } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import { describe, expect, it } from 'vitest'
import {
  CLOCK_SKEW_SECONDS,
  PROOF_AGE_SECONDS_MAX,
  PROOF_CHARACTERS_MAX,
  PROOF_ID_CHARACTERS_MAX,
  PROOF_ID_CHARACTERS_MIN,
} from '../../src/domain/limits.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import { verifyProof } from '../../src/token/dpop.ts'
import { onlyProof } from '../../src/token/proof-header.ts'
import { outcome } from '../domain/samples.ts'
import { newProver, type ProofWanted } from '../support/dpop.ts'

const METHOD = 'POST'
const URL_ASKED = 'https://gateway.example:9443/api/items?page=2'
const TOKEN = 'head.claims.signature'
const NOW = epochSeconds(1_800_000_000)
const ec = newProver('ES256')
const ed = newProver('EdDSA')
const WANTED = { method: METHOD, url: URL_ASKED, token: TOKEN, now: NOW }

function judge(jwt: string, changed: { token?: string | undefined; url?: string } = {}) {
  const { url = URL_ASKED } = changed
  const token = 'token' in changed ? changed.token : TOKEN
  return verifyProof({ jwt, method: METHOD, url }, { token, now: NOW })
}

/** Claims and headers that differ from a good proof in one thing. */
const changes: readonly (readonly [string, Partial<ProofWanted>])[] = [
  ['another method', { claims: { htm: 'GET' } }],
  ['the method in lowercase', { claims: { htm: 'post' } }],
  ['another path', { claims: { htu: 'https://gateway.example:9443/api/other' } }],
  [
    'a path that only a parser makes the same',
    { claims: { htu: 'https://gateway.example:9443/api/./items' } },
  ],
  ['another host', { claims: { htu: 'https://gateway.example.evil:9443/api/items' } }],
  ['another port', { claims: { htu: 'https://gateway.example/api/items' } }],
  ['another scheme', { claims: { htu: 'http://gateway.example:9443/api/items' } }],
  ['an address with a query', { claims: { htu: URL_ASKED } }],
  ['an address with a fragment', { claims: { htu: 'https://gateway.example:9443/api/items#x' } }],
  ['an address with a user', { claims: { htu: 'https://u@gateway.example:9443/api/items' } }],
  ['no address', { claims: { htu: undefined } }],
  ['the hash of another token', { token: 'other' }],
  ['no hash of the token', { claims: { ath: undefined } }],
  ['no id', { claims: { jti: undefined } }],
  ['a short id', { claims: { jti: 'x'.repeat(PROOF_ID_CHARACTERS_MIN - 1) } }],
  ['an endless id', { claims: { jti: 'x'.repeat(PROOF_ID_CHARACTERS_MAX + 1) } }],
  ['no time', { claims: { iat: undefined } }],
  ['a time that is no whole second', { claims: { iat: NOW + 0.5 } }],
  ['a time as text', { claims: { iat: String(NOW) } }],
  ['an old time', { now: NOW - PROOF_AGE_SECONDS_MAX - 1 }],
  ['a time in the future', { now: NOW + CLOCK_SKEW_SECONDS + 1 }],
  ['its own end passed', { claims: { exp: NOW } }],
  ['not valid yet', { claims: { nbf: NOW + CLOCK_SKEW_SECONDS + 1 } }],
  ['another typ', { header: { typ: 'JWT' } }],
  ['typ in other letters', { header: { typ: 'DPOP+JWT' } }],
  ['alg none', { header: { alg: 'none' } }],
  ['alg HS256', { header: { alg: 'HS256' } }],
  ['alg of another kind of key', { header: { alg: 'EdDSA' } }],
  ['alg RS256', { header: { alg: 'RS256' } }],
  ['no key', { header: { jwk: undefined } }],
  ['a private key', { header: { jwk: ec.privateJwk } }],
  ['a symmetric key', { header: { jwk: { kty: 'oct', k: 'AAAA' } } }],
  ['somebody else’s key', { header: { jwk: newProver('ES256').jwk } }],
  ['a key for encryption', { header: { jwk: { ...ec.jwk, use: 'enc' } } }],
  ['a key off the curve', { header: { jwk: { ...ec.jwk, x: ec.jwk.y, y: ec.jwk.x } } }],
  ['a certificate in the key', { header: { jwk: { ...ec.jwk, x5c: ['AA'] } } }],
  ['crit', { header: { crit: ['exp'] } }],
  ['kid', { header: { kid: 'x' } }],
  ['jku', { header: { jku: 'https://evil.example/jwks' } }],
]

describe('a proof of possession (RFC 9449)', () => {
  it.each([ec, ed])('of a good $alg key names its thumbprint', async (prover) => {
    const judged = await judge(prover.prove(WANTED))
    expect(judged).toMatchObject({ ok: true, value: { key: prover.thumbprint } })
  })

  it.each(changes)('with %s is refused', async (_sentence, changed) => {
    expect(outcome(await judge(ec.prove({ ...WANTED, ...changed })))).toBe('proof_invalid')
  })

  it('is remembered by key and id, whatever else stands in it', async () => {
    const id = (await judge(ec.prove({ ...WANTED, claims: { jti: 'j'.repeat(20) } }))) as never
    const again = await judge(ec.prove({ ...WANTED, claims: { jti: 'j'.repeat(20), more: 1 } }))
    expect(again).toEqual(id)
    const other = await judge(ed.prove({ ...WANTED, claims: { jti: 'j'.repeat(20) } }))
    expect(other).not.toEqual(id)
  })

  it('is compared after the normalisation of addresses, and after no other', async () => {
    const htu = 'HTTPS://Gateway.Example:443/a%2fb'
    const jwt = ec.prove({ ...WANTED, claims: { htu } })
    expect(outcome(await judge(jwt, { url: 'https://gateway.example/a%2Fb?x' }))).toBe('ok')
    expect(outcome(await judge(jwt, { url: 'https://gateway.example/a/b' }))).toBe('proof_invalid')
  })

  it('with a token hash proves nothing where there is no token', async () => {
    expect(outcome(await judge(ec.prove(WANTED), { token: undefined }))).toBe('proof_invalid')
  })

  it.each([
    ['signed as HMAC with the public key', hmacSigned()],
    ['without a signature', ec.prove(WANTED).replace(/[^.]*$/, '')],
    ['with a second spelling of its signature', `${ec.prove(WANTED)}=`],
    ['with a member twice', ec.signed(doubled(), claimsOf(ec.prove(WANTED)))],
    [
      'longer than any client makes it',
      ec.prove({ ...WANTED, claims: { x: 'x'.repeat(PROOF_CHARACTERS_MAX) } }),
    ],
    ['in two parts', 'a.b'],
    ['of nothing', ''],
  ])('%s is refused', async (_sentence, jwt) => {
    expect(outcome(await judge(jwt))).toBe('proof_invalid')
  })

  it('by an Ed25519 key of small order is refused', async () => {
    const x = Buffer.alloc(32)
    x[0] = 1
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') }
    const jwt = ed.prove({ ...WANTED, header: { jwk } })
    expect(outcome(await judge(jwt))).toBe('proof_invalid')
  })

  it('without the nonce that is asked for is told apart from a bad one', async () => {
    const ask = (jwt: string) =>
      verifyProof(
        { jwt, method: METHOD, url: URL_ASKED, isNonce: (nonce) => nonce === 'given' },
        { token: TOKEN, now: NOW },
      )
    expect(outcome(await ask(ec.prove(WANTED)))).toBe('nonce_required')
    expect(outcome(await ask(ec.prove({ ...WANTED, nonce: 'old' })))).toBe('nonce_required')
    expect(outcome(await ask(ec.prove({ ...WANTED, nonce: 'given' })))).toBe('ok')
    const wrong = ec.prove({ ...WANTED, nonce: 'old', claims: { htm: 'GET' } })
    expect(outcome(await ask(wrong))).toBe('proof_invalid')
  })

  it('comes in exactly one header', () => {
    expect(outcome(onlyProof(['a.b.c']))).toBe('ok')
    for (const headers of [undefined, [], ['a.b.c', 'a.b.c'], ['a.b.c, a.b.c'], ['']]) {
      expect(outcome(onlyProof(headers))).toBe('proof_invalid')
    }
  })
})

describe('a proof made by oauth4webapi', () => {
  it.each(['ES256', 'Ed25519'])('with %s is accepted', async (alg) => {
    const pair = await oauth.generateKeyPair(alg)
    const handle = oauth.DPoP({}, pair)
    let sent: Headers | undefined
    const token = 'access.token.text'
    await oauth.protectedResourceRequest(
      token,
      'GET',
      new URL('https://gateway.example/api/items?page=2'),
      new Headers(),
      null,
      {
        DPoP: handle,
        [oauth.customFetch]: async (_url, init) => {
          sent = new Headers(init.headers)
          return new Response('{}')
        },
      },
    )
    const judged = await verifyProof(
      {
        jwt: sent?.get('dpop') ?? '',
        method: 'GET',
        url: 'https://gateway.example/api/items?page=2',
      },
      { token, now: epochSeconds(Math.floor(Date.now() / 1_000)) },
    )
    const key = await handle.calculateThumbprint()
    expect(judged).toMatchObject({ ok: true, value: { key } })
    expect(sent?.get('authorization')).toBe(`DPoP ${token}`)
  })
})

function claimsOf(jwt: string): string {
  return Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()
}

/** The classical confusion of algorithms: the public key as the secret of an HMAC. */
function hmacSigned(): string {
  const [header = '', claims = ''] = ec.prove({ ...WANTED, header: { alg: 'HS256' } }).split('.')
  const input = `${header}.${claims}`
  const mac = createHmac('sha256', JSON.stringify(ec.jwk)).update(input).digest()
  return `${input}.${Buffer.concat([mac, mac]).toString('base64url')}`
}

/** `alg` twice: one for each of two readers. */
function doubled(): string {
  return JSON.stringify({ typ: 'dpop+jwt', alg: 'ES256', jwk: ec.jwk }).replace(
    '"alg"',
    '"alg":"none","alg"',
  )
}
