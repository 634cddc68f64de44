import { describe, expect, it } from 'vitest'
import { leaseId, outcome, scope } from '../domain/samples.ts'
import { enforcementPoint, freshKey, TOKEN_KEY, token } from './rig.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function parts(text: string): readonly [string, string, string] {
  const [header = '', payload = '', signature = ''] = text.split('.')
  return [header, payload, signature]
}

function decoded(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>
}

describe('whoever changes a token has no token', () => {
  it('any one character replaced is refused, unrecorded, at every place', async () => {
    const point = enforcementPoint()
    const text = await token()
    const admitted: number[] = []
    for (let place = 0; place < text.length; place += 1) {
      const at = ALPHABET.indexOf(text.charAt(place))
      const other = ALPHABET.charAt((at + 1) % ALPHABET.length)
      const changed = text.slice(0, place) + other + text.slice(place + 1)
      if ((await point.present(changed)).ok) admitted.push(place)
    }
    expect(admitted).toEqual([])
    expect(new Set(point.events)).toEqual(new Set(['key']))
  })

  it('any one character left out or written twice is refused', async () => {
    const point = enforcementPoint()
    const text = await token()
    for (let place = 0; place < text.length; place += 7) {
      const shorter = text.slice(0, place) + text.slice(place + 1)
      const longer = text.slice(0, place + 1) + text.slice(place)
      expect(outcome(await point.present(shorter))).not.toBe('ok')
      expect(outcome(await point.present(longer))).not.toBe('ok')
    }
    expect(point.events).not.toContain('redeem')
  })

  it.each([
    ['a space before', (text: string) => ` ${text}`],
    ['a line after', (text: string) => `${text}\n`],
    ['padding', (text: string) => `${text}==`],
    ['a fourth part', (text: string) => `${text}.`],
    ['a fifth part', (text: string) => `${text}.a.b`],
    ['no signature', (text: string) => `${parts(text)[0]}.${parts(text)[1]}.`],
    ['only two parts', (text: string) => parts(text).slice(0, 2).join('.')],
    [
      'standard base64',
      (text: string) => text.replaceAll('-', '+').replaceAll('_', '/').concat('='),
    ],
    ['JSON serialization', (text: string) => JSON.stringify({ payload: parts(text)[1] })],
    ['a token twice', (text: string) => `${text},${text}`],
    ['the scheme with it', (text: string) => `Bearer ${text}`],
    ['a null byte', (text: string) => `${text}\u0000`],
  ])('with %s it is malformed', async (_sentence, spell) => {
    const point = enforcementPoint()
    expect(outcome(await point.present(spell(await token())))).toBe('malformed')
    expect(point.events).toEqual([])
  })
})

describe('whoever writes the header decides nothing', () => {
  const { kid } = TOKEN_KEY
  const typ = 'writ-call+jwt'
  const headers: readonly (readonly [string, unknown, string])[] = [
    ['no algorithm', { alg: 'none', typ, kid }, 'signature_invalid'],
    ['no algorithm in other case', { alg: 'nOnE', typ, kid }, 'signature_invalid'],
    ['a symmetric algorithm', { alg: 'HS256', typ, kid }, 'signature_invalid'],
    ['the other name of the same scheme', { alg: 'Ed25519', typ, kid }, 'signature_invalid'],
    ['an embedded key', { alg: 'EdDSA', typ, kid, jwk: {} }, 'malformed'],
    ['a key address', { alg: 'EdDSA', typ, kid, jku: 'https://evil.example' }, 'malformed'],
    ['a certificate chain', { alg: 'EdDSA', typ, kid, x5c: [] }, 'malformed'],
    ['an extension', { alg: 'EdDSA', typ, kid, crit: ['b64'], b64: false }, 'malformed'],
    ['no type', { alg: 'EdDSA', kid }, 'malformed'],
    ['a plain type', { alg: 'EdDSA', typ: 'JWT', kid }, 'token_kind'],
    ['an access token', { alg: 'EdDSA', typ: 'at+jwt', kid }, 'token_kind'],
    ['the type in other case', { alg: 'EdDSA', typ: 'WRIT-CALL+JWT', kid }, 'token_kind'],
    ['a receipt', { alg: 'EdDSA', typ: 'writ-receipt+jwt', kid }, 'token_kind'],
    ['no key', { alg: 'EdDSA', typ }, 'malformed'],
    ['a path for a key', { alg: 'EdDSA', typ, kid: '../../etc/passwd' }, 'malformed'],
    ['a key nobody has', { alg: 'EdDSA', typ, kid: 'A'.repeat(43) }, 'signature_invalid'],
  ]

  it.each(headers)('%s', async (_sentence, header, code) => {
    const point = enforcementPoint()
    const [, payload, signature] = parts(await token())
    const forged = `${encoded(header)}.${payload}.${signature}`
    expect(outcome(await point.present(forged))).toBe(code)
    expect(point.events).not.toContain('redeem')
    expect(point.events).not.toContain('record')
  })

  it('a key that signs receipts or checkpoints signs no token', async () => {
    for (const purpose of ['receipt', 'checkpoint'] as const) {
      const key = freshKey(purpose)
      const point = enforcementPoint({ keys: [key] })
      const text = await token({}, { ...key, purpose: 'token' })
      expect(outcome(await point.present(text))).toBe('signature_invalid')
    }
  })
})

describe('whoever swaps the payload has no signature for it', () => {
  it.each([
    ['a wider scope', 'authorization_details'],
    ['another agent', 'client_id'],
    ['another certificate', 'cnf'],
    ['another lease', 'lease'],
    ['a later end', 'exp'],
    ['a fresh id', 'jti'],
    ['a better attestation', 'att'],
  ])('%s', async (_sentence, claim) => {
    const point = enforcementPoint()
    const [header, payload, signature] = parts(await token())
    const other = decoded(parts(await token(ANOTHER))[1])
    const claims = { ...decoded(payload), [claim]: changed(claim, other[claim]) }
    const result = await point.present(`${header}.${encoded(claims)}.${signature}`)
    expect(['signature_invalid', 'malformed']).toContain(outcome(result))
    expect(point.events).not.toContain('redeem')
    expect(point.events).not.toContain('record')
  })
})

/** Another sound token, to take claims from. */
const ANOTHER = {
  scope: scope({ limits: { max_uses: 'unlimited' } }),
  lease: { id: leaseId(8), lineage: [leaseId(0), leaseId(8)] },
} as const

/** The claim with something else in it; its shape stays sound where that is easy. */
function changed(claim: string, value: unknown): unknown {
  if (claim === 'exp') return Number(value) + 1
  if (claim === 'cnf') return { 'x5t#S256': 'c'.repeat(42).concat('A') }
  if (claim === 'att') return { ...(value as object), tier: 'affirming' }
  return claim === 'client_id' ? 'spiffe://acme.example/agent/planner' : value
}

describe('whoever floods is stopped before anything costs', () => {
  it.each([
    ['too long by one', 'a'.repeat(8_193), 'too_large'],
    ['a megabyte', 'a'.repeat(1_048_576), 'too_large'],
    ['a megabyte of dots', '.'.repeat(1_048_576), 'too_large'],
    ['as long as a token may be', 'a'.repeat(8_192), 'malformed'],
    ['dots only', '.'.repeat(8_192), 'malformed'],
    ['deep nesting', nested(2_000), 'malformed'],
  ])('%s', async (_sentence, text, code) => {
    const point = enforcementPoint()
    expect(outcome(await point.present(text))).toBe(code)
    expect(point.events).toEqual([])
  })
})

function nested(depth: number): string {
  const header = encoded({ alg: 'EdDSA', typ: 'writ-call+jwt', kid: TOKEN_KEY.kid })
  const payload = Buffer.from('['.repeat(depth)).toString('base64url')
  return `${header}.${payload}.${'A'.repeat(86)}`
}
