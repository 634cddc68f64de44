import { createPublicKey, sign, verify } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { inspect } from 'node:util'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, test } from 'vitest'
import type { KeyThumbprint } from '../../src/domain/ids.ts'
import { KEY_OVERLAP_SECONDS } from '../../src/domain/limits.ts'
import { readPublishedKeys } from '../../src/token/jwks.ts'
import { openKeyRing } from '../../src/token/keyring.ts'
import { generateKey } from '../../src/token/keyring-file.ts'
import {
  at,
  clock,
  eachInItsFolder,
  editKeys,
  kidsOf,
  master,
  open,
  PURPOSES,
  passes,
  ringFile,
  START,
} from './keyring-folder.ts'

eachInItsFolder()

describe('a new key ring', () => {
  test('has one active key for each purpose, and reopening finds the same keys', async () => {
    const ring = await open()
    expect(new Set(kidsOf(ring)).size).toBe(PURPOSES.length)
    for (const purpose of PURPOSES) {
      const { kid, alg } = ring.active(purpose)
      expect(ring.active(purpose).purpose).toBe(purpose)
      expect(ring.verification(kid)).toMatchObject({ kid, alg: 'EdDSA', purpose })
      expect(alg).toBe('EdDSA')
    }
    expect(kidsOf(await open())).toEqual(kidsOf(ring))
  })

  test('has no key id that a command line would take for an option', () => {
    const wanted = { purpose: 'token', alg: 'EdDSA' } as const
    const made = Array.from({ length: 1000 }, () => generateKey(master, wanted, START).kid)
    expect(made.filter((kid) => kid.startsWith('-'))).toEqual([])
  })

  test('signs with the private half of the key it publishes', async () => {
    const ring = await open()
    const { kid, privateKey } = ring.active('token')
    const x = Buffer.from(ring.verification(kid)?.publicKey ?? []).toString('base64url')
    const publicKey = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } })
    expect(
      verify(null, Buffer.from(kid), publicKey, sign(null, Buffer.from(kid), privateKey)),
    ).toBe(true)
  })

  test('names its keys by RFC 7638 thumbprint', async () => {
    const ring = await open()
    for (const { kid, x } of ring.jwks().keys) {
      expect(await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x })).toBe(kid)
    }
  })

  test('closes folder and file to others', async () => {
    await open()
    expect(statSync(at.keysDir).mode & 0o777).toBe(0o700)
    expect(statSync(ringFile()).mode & 0o777).toBe(0o600)
    expect(readdirSync(at.keysDir)).toEqual(['keyring.json'])
  })

  test('I12: neither file nor print shows a private key', async () => {
    const ring = await open()
    const text = readFileSync(ringFile(), 'utf8')
    for (const purpose of PURPOSES) {
      const { privateKey } = ring.active(purpose)
      const { d = 'missing' } = privateKey.export({ format: 'jwk' })
      const seed = Buffer.from(d, 'base64url')
      for (const shown of [text, inspect(ring.active(purpose), { depth: 9 })]) {
        for (const encoding of ['base64', 'base64url', 'hex'] as const) {
          expect(shown).not.toContain(seed.toString(encoding))
        }
      }
      expect(JSON.stringify(ring.active(purpose))).toContain('"privateKey":{}')
    }
  })

  test('uses the fully specified algorithm name when told', async () => {
    const ring = await openKeyRing({ keysDir: at.keysDir, master, clock, alg: 'Ed25519' })
    // Every reader of leashes takes the one name alone (LEASHX-01).
    const algs = PURPOSES.map((purpose) => (purpose === 'leash' ? 'EdDSA' : 'Ed25519'))
    expect(PURPOSES.map((purpose) => ring.active(purpose).alg)).toEqual(algs)
    expect(ring.jwks().keys.map(({ alg }) => alg)).toEqual(algs)
  })

  test('keeps the algorithm of its keys until they are rotated', async () => {
    await open()
    const ring = await openKeyRing({ keysDir: at.keysDir, master, clock, alg: 'Ed25519' })
    expect(ring.active('token').alg).toBe('EdDSA')
    const before = ring.active('token').kid
    expect((await ring.rotate('token', at.now)).alg).toBe('Ed25519')
    expect(ring.verification(before)?.alg).toBe('EdDSA')
  })
})

describe('a ring of before there was the feed', () => {
  test('gets a key for it when it is opened, and keeps the others', async () => {
    const before = kidsOf(await open())
    editKeys((kept) => kept.filter(({ purpose }) => purpose !== 'feed'))
    const ring = await open()
    expect(kidsOf(ring).slice(0, 3)).toEqual(before.slice(0, 3))
    expect(ring.active('feed').kid).not.toBe(before[3])
    expect(ring.jwks().keys.map((key) => key['urn:writ:purpose'])).toContain('feed')
  })
})

describe('what the ring shows', () => {
  test('the archive still knows retired keys, but for tokens and the feed', async () => {
    const ring = await open()
    const [token, receipt, checkpoint, feed] = kidsOf(ring) as KeyThumbprint[]
    for (const purpose of PURPOSES) await ring.rotate(purpose, at.now)
    passes(KEY_OVERLAP_SECONDS)
    const known = [token, receipt, checkpoint, feed].map(
      (kid) => kid !== undefined && ring.archive.verification(kid)?.kid === kid,
    )
    expect(known).toEqual([false, true, true, false])
    for (const kid of kidsOf(ring)) {
      expect(ring.archive.verification(kid as KeyThumbprint)?.kid).toBe(kid)
    }
    if (receipt !== undefined) await ring.retire(receipt)
    expect(receipt && ring.archive.verification(receipt)).toBeUndefined()
  })

  test('the published set has alg and use, no private member, and only keys in force', async () => {
    const ring = await open()
    const [token] = kidsOf(ring)
    await ring.rotate('token', at.now)
    expect(ring.jwks().keys).toHaveLength(PURPOSES.length + 1)
    for (const key of ring.jwks().keys) {
      expect(Object.keys(key)).toEqual(['kty', 'crv', 'x', 'kid', 'alg', 'use', 'urn:writ:purpose'])
      expect(key).toMatchObject({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' })
    }
    passes(KEY_OVERLAP_SECONDS)
    expect(ring.jwks().keys.map(({ kid }) => kid)).not.toContain(token)
    expect(ring.jwks().keys).toHaveLength(PURPOSES.length)
  })

  test('the published set is read back as the same keys', async () => {
    const ring = await open()
    const read = await readPublishedKeys(JSON.parse(JSON.stringify(ring.jwks())))
    if (!read.ok) throw new Error(read.refusal.code)
    for (const kid of kidsOf(ring) as KeyThumbprint[]) {
      const { publicKey, ...rest } = ring.verification(kid) ?? expect.unreachable()
      const key = read.value.verification(kid)
      expect(key).toMatchObject(rest)
      expect(Buffer.from(key?.publicKey ?? [])).toEqual(Buffer.from(publicKey))
    }
  })

  test('the list tells every key, newest first, with its state', async () => {
    const ring = await open()
    const old = ring.active('token').kid
    passes(10)
    const { kid } = await ring.rotate('token', at.now)
    const [newest] = ring.list()
    expect(newest).toEqual({
      kid,
      purpose: 'token',
      alg: 'EdDSA',
      state: 'active',
      createdAt: START + 10,
      verifiesUntil: null,
    })
    expect(ring.list().find((view) => view.kid === old)).toEqual({
      kid: old,
      purpose: 'token',
      alg: 'EdDSA',
      state: 'retiring',
      createdAt: START,
      verifiesUntil: START + 10 + KEY_OVERLAP_SECONDS,
    })
    passes(KEY_OVERLAP_SECONDS)
    expect(ring.list().find((view) => view.kid === old)?.state).toBe('retired')
  })
})
