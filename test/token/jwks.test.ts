import { calculateJwkThumbprint } from 'jose'
import { describe, expect, test } from 'vitest'
import type { KeyThumbprint } from '../../src/domain/ids.ts'
import { publish, readPublishedKeys } from '../../src/token/jwks.ts'
import { thumbprintOf } from '../../src/token/thumbprint.ts'
import { KEYS, PUBLISHED_KEYS } from '../vectors/material.ts'

const published = publish(PUBLISHED_KEYS)
const [first, ...rest] = published.keys
if (first === undefined) throw new Error('there are four')

describe('the published set', () => {
  test('has exactly the members of RFC 7517 that matter, and the purpose', () => {
    expect(first).toEqual({
      kty: 'OKP',
      crv: 'Ed25519',
      x: Buffer.from(KEYS.token.verification.publicKey).toString('base64url'),
      kid: KEYS.token.kid,
      alg: 'EdDSA',
      use: 'sig',
      'urn:writ:purpose': 'token',
    })
    expect(published.keys.map((key) => key['urn:writ:purpose'])).toEqual([
      'token',
      'token',
      'receipt',
      'checkpoint',
    ])
  })

  test('is read back whole', async () => {
    const read = await readPublishedKeys(JSON.parse(JSON.stringify(published)))
    if (!read.ok) throw new Error(read.refusal.code)
    for (const { kid, alg, purpose, publicKey } of PUBLISHED_KEYS) {
      const key = read.value.verification(kid)
      expect(key).toMatchObject({ kid, alg, purpose })
      expect(Buffer.from(key?.publicKey ?? [])).toEqual(Buffer.from(publicKey))
    }
    expect(read.value.verification('A'.repeat(43) as KeyThumbprint)).toBeUndefined()
  })

  const weak = Buffer.from([1, ...new Array(31).fill(0)]).toString('base64url')
  const wrong: readonly [string, unknown, string][] = [
    ['a private key', { ...first, d: first.x }, '/keys/0'],
    ['another member', { ...first, key_ops: ['verify'] }, '/keys/0'],
    ['another kty', { ...first, kty: 'EC' }, '/keys/0'],
    ['another curve', { ...first, crv: 'Ed448' }, '/keys/0'],
    ['another algorithm', { ...first, alg: 'ES256' }, '/keys/0'],
    ['no algorithm', { ...first, alg: undefined }, '/keys/0'],
    ['another use', { ...first, use: 'enc' }, '/keys/0'],
    ['no use', { ...first, use: undefined }, '/keys/0'],
    ['another purpose', { ...first, 'urn:writ:purpose': 'session' }, '/keys/0'],
    ['no purpose', { ...first, 'urn:writ:purpose': undefined }, '/keys/0'],
    ['the kid of another key', { ...first, kid: KEYS.stranger.kid }, '/keys/0'],
    ['a kid that is no thumbprint', { ...first, kid: 'key-1' }, '/keys/0'],
    ['a kid that is no text', { ...first, kid: 1 }, '/keys/0'],
    ['a kid in a list', { ...first, kid: [first.kid] }, '/keys/0'],
    ['a short x', { ...first, x: 'AAAA' }, '/keys/0'],
    ['x with spare bits', { ...first, x: `${'A'.repeat(42)}B` }, '/keys/0'],
    ['null', null, '/keys/0'],
    ['a text', 'x', '/keys/0'],
  ]
  test.each(wrong)('with %s for a key is refused whole', async (_name, key, pointer) => {
    const read = await readPublishedKeys({ keys: [JSON.parse(JSON.stringify(key)), ...rest] })
    expect(read).toMatchObject({ refusal: { code: 'malformed', facts: { pointer } } })
  })

  test('with a weak key is refused, even under its right kid', async () => {
    const kid = await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x: weak })
    const read = await readPublishedKeys({ keys: [...rest, { ...first, x: weak, kid }] })
    expect(read).toMatchObject({ refusal: { facts: { pointer: '/keys/3' } } })
  })

  test('with a key twice is refused: it would have two purposes or algorithms', async () => {
    const twice = { ...first, 'urn:writ:purpose': 'receipt' }
    const read = await readPublishedKeys({ keys: [first, twice] })
    expect(read).toMatchObject({ refusal: { facts: { pointer: '/keys/1' } } })
  })

  test.each([
    [null, ''],
    [[], ''],
    [{}, '/keys'],
    [{ keys: {} }, '/keys'],
    [{ keys: [], more: 1 }, '/more'],
  ])('%j is no set', async (value, pointer) => {
    expect(await readPublishedKeys(value)).toMatchObject({
      refusal: { code: 'malformed', facts: { pointer } },
    })
  })

  test('may be empty', async () => {
    const read = await readPublishedKeys({ keys: [] })
    expect(read.ok && read.value.verification(KEYS.token.kid)).toBeUndefined()
  })
})

test('thumbprints are those of RFC 7638, by an independent implementation', async () => {
  for (const { publicKey, kid } of PUBLISHED_KEYS) {
    const x = Buffer.from(publicKey).toString('base64url')
    expect(thumbprintOf(publicKey)).toBe(kid)
    expect(await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x })).toBe(kid)
  }
})
