import { describe, expect, test } from 'vitest'
import { type CompactJws, readCompact, verifySignature } from '../../src/token/jws.ts'
import type { KeySource, VerificationKey } from '../../src/token/key.ts'
import { isGenuineByNoble } from '../../src/token/signature-noble.ts'
import { isGenuineByNode } from '../../src/token/signature-node.ts'
import { isGenuineByWebCrypto } from '../../src/token/signature-web.ts'
import { compact, encode, KEYS } from '../vectors/material.ts'

const header = (typ: string, kid: string = KEYS.token.kid): string =>
  JSON.stringify({ alg: 'EdDSA', typ, kid })

function sound(text: string, typ: string, bytesMax = 8192): CompactJws {
  const read = readCompact(text, { typ, bytesMax })
  if (!read.ok) throw new Error(read.refusal.code)
  return read.value
}

describe('the parts of a compact JWS', () => {
  test('are told as received', () => {
    const text = compact(header('a+jwt'), 'any text: ü')
    const jws = sound(text, 'a+jwt')
    expect(jws).toMatchObject({ alg: 'EdDSA', kid: KEYS.token.kid, payload: 'any text: ü' })
    expect(`${jws.signed}.${encode(jws.signature)}`).toBe(text)
  })

  test('the size limit is the last size that is read', () => {
    const text = compact(header('a+jwt'), 'x')
    expect(sound(text, 'a+jwt', text.length).payload).toBe('x')
    expect(readCompact(text, { typ: 'a+jwt', bytesMax: text.length - 1 })).toEqual({
      ok: false,
      refusal: { code: 'too_large', facts: { bytes: text.length }, reasons: [] },
    })
  })

  test.each([
    ['', 'A compact JWS has three parts.', ''],
    ['a.b', 'A compact JWS has three parts.', ''],
    ['a.b.c.d', 'A compact JWS has three parts.', ''],
    ['a.b.c', 'Exactly alg, typ and kid.', '/header'],
    [`${encode(header('a+jwt'))}.=.c`, 'Canonical base64url of UTF-8.', '/payload'],
    [
      `${encode(header('a+jwt'))}.${encode(Buffer.from([0xff]))}.c`,
      'Canonical base64url of UTF-8.',
      '/payload',
    ],
    [`${encode(header('a+jwt'))}..`, 'Canonical base64url of 64 bytes.', '/signature'],
    [`${encode(header('a+jwt'))}..AAAA`, 'Canonical base64url of 64 bytes.', '/signature'],
  ])('%j is malformed', (text, detail, pointer) => {
    expect(readCompact(text, { typ: 'a+jwt', bytesMax: 8192 })).toEqual({
      ok: false,
      refusal: {
        code: 'malformed',
        facts: { pointer },
        reasons: [{ pointer, code: 'malformed', detail }],
      },
    })
  })

  test('headers that were read before are read the same again', () => {
    for (let round = 0; round < 3; round += 1) {
      for (let kind = 0; kind < 100; kind += 1) {
        const text = compact(header(`kind-${kind}+jwt`), 'x')
        expect(sound(text, `kind-${kind}+jwt`).kid).toBe(KEYS.token.kid)
        expect(readCompact(text, { typ: 'kind+jwt', bytesMax: 8192 })).toMatchObject({
          refusal: { code: 'token_kind', facts: { typ: `kind-${kind}+jwt` } },
        })
      }
    }
  })
})

describe('the signature', () => {
  const keysOf = (key: VerificationKey | undefined): KeySource => ({ verification: () => key })
  const key = KEYS.token.verification
  const jws = sound(compact(header('a+jwt'), 'x'), 'a+jwt')
  const { kid } = key

  test.each([
    ['no key', undefined, { kid, known: false }],
    [
      'a key for receipts',
      { ...key, purpose: 'receipt' },
      { kid, purpose: 'receipt', alg: 'EdDSA' },
    ],
    [
      'a key of another algorithm name',
      { ...key, alg: 'Ed25519' },
      { kid, purpose: 'token', alg: 'Ed25519' },
    ],
    ['another key under that kid', { ...KEYS.stranger.verification, kid }, { kid, genuine: false }],
  ])('is refused with %s', async (_name, found, facts) => {
    const keys = keysOf(found as VerificationKey | undefined)
    expect(await verifySignature(jws, keys, 'token', isGenuineByNode)).toEqual({
      ok: false,
      refusal: { code: 'signature_invalid', facts, reasons: [] },
    })
  })

  test('is only asked of a key that may have made it', async () => {
    let asked = 0
    const isGenuine = async (): Promise<boolean> => {
      asked += 1
      return true
    }
    await verifySignature(jws, keysOf(undefined), 'token', isGenuine)
    await verifySignature(jws, keysOf({ ...key, purpose: 'receipt' }), 'token', isGenuine)
    expect(asked).toBe(0)
    expect(await verifySignature(jws, keysOf(key), 'token', isGenuine)).toEqual({
      ok: true,
      value: key,
    })
    expect(asked).toBe(1)
  })

  test('all checks agree, on genuine signatures and on every changed byte', async () => {
    for (const signer of [KEYS.token, KEYS.named]) {
      const text = compact(
        JSON.stringify({ alg: signer.alg, typ: 'a', kid: signer.kid }),
        'x',
        signer,
      )
      const { signed, signature } = sound(text, 'a')
      for (const isGenuine of [isGenuineByNode, isGenuineByWebCrypto, isGenuineByNoble]) {
        expect(await isGenuine(signer.verification, signed, signature)).toBe(true)
        expect(await isGenuine(signer.verification, `${signed}A`, signature)).toBe(false)
        for (let index = 0; index < signature.length; index += 1) {
          const changed = Uint8Array.from(signature)
          changed[index] = (changed[index] ?? 0) ^ 1
          expect(await isGenuine(signer.verification, signed, changed)).toBe(false)
        }
      }
    }
  })
})
