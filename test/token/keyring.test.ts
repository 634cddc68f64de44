import { createPublicKey, createSecretKey, sign, verify } from 'node:crypto'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { calculateJwkThumbprint } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { KeyThumbprint } from '../../src/domain/ids.ts'
import { KEY_OVERLAP_SECONDS } from '../../src/domain/limits.ts'
import { type EpochSeconds, epochSeconds } from '../../src/domain/time.ts'
import { readPublishedKeys } from '../../src/token/jwks.ts'
import { type KeyPurpose, type KeyRing, openKeyRing } from '../../src/token/keyring.ts'
import { type KeptKey, readKeyRing, writeKeyRing } from '../../src/token/keyring-file.ts'
import { openMasterKey, seal } from '../../src/vault/envelope.ts'
import type { MasterKey } from '../../src/vault/sealing.ts'

const PURPOSES: readonly KeyPurpose[] = ['token', 'receipt', 'checkpoint']
const START = epochSeconds(1_800_000_000)
const master = createSecretKey(Buffer.alloc(32, 1)) as MasterKey

let home: string
let keysDir: string
let now: EpochSeconds
const clock = { now: () => now }
const open = (): Promise<KeyRing> => openKeyRing({ keysDir, master, clock })
const ringFile = (): string => join(keysDir, 'keyring.json')
const kidsOf = (ring: KeyRing): readonly string[] => PURPOSES.map((p) => ring.active(p).kid)
const passes = (seconds: number): void => {
  now = epochSeconds(now + seconds)
}

/** Writes the file anew with other keys, as somebody who has the master key could. */
function editKeys(edit: (kept: readonly KeptKey[]) => readonly KeptKey[]): void {
  const kept = readKeyRing(master, readFileSync(ringFile(), 'utf8'))
  writeFileSync(ringFile(), writeKeyRing(master, edit(kept)))
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'writ-keyring-'))
  keysDir = join(home, 'keys')
  now = START
})
afterEach(() => rmSync(home, { recursive: true }))

describe('a new key ring', () => {
  test('has one active key for each purpose, and reopening finds the same keys', async () => {
    const ring = await open()
    expect(new Set(kidsOf(ring)).size).toBe(3)
    for (const purpose of PURPOSES) {
      const { kid, alg } = ring.active(purpose)
      expect(ring.active(purpose).purpose).toBe(purpose)
      expect(ring.verification(kid)).toMatchObject({ kid, alg: 'EdDSA', purpose })
      expect(alg).toBe('EdDSA')
    }
    expect(kidsOf(await open())).toEqual(kidsOf(ring))
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
    expect(statSync(keysDir).mode & 0o777).toBe(0o700)
    expect(statSync(ringFile()).mode & 0o777).toBe(0o600)
    expect(readdirSync(keysDir)).toEqual(['keyring.json'])
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
    const ring = await openKeyRing({ keysDir, master, clock, alg: 'Ed25519' })
    for (const purpose of PURPOSES) expect(ring.active(purpose).alg).toBe('Ed25519')
    expect(ring.jwks().keys.map(({ alg }) => alg)).toEqual(['Ed25519', 'Ed25519', 'Ed25519'])
  })

  test('keeps the algorithm of its keys when the setting changes, until they are rotated', async () => {
    await open()
    const ring = await openKeyRing({ keysDir, master, clock, alg: 'Ed25519' })
    expect(ring.active('token').alg).toBe('EdDSA')
    const before = ring.active('token').kid
    expect((await ring.rotate('token', now)).alg).toBe('Ed25519')
    expect(ring.verification(before)?.alg).toBe('EdDSA')
  })
})

describe('rotation', () => {
  test('a retiring key verifies but does not sign, and after the overlap it does neither', async () => {
    const ring = await open()
    const old = ring.active('token').kid
    passes(1000)
    const fresh = await ring.rotate('token', now)
    expect(fresh.kid).not.toBe(old)
    expect(ring.active('token')).toBe(fresh)
    expect(ring.verification(old)?.kid).toBe(old)
    passes(KEY_OVERLAP_SECONDS - 1)
    expect(ring.verification(old)?.kid).toBe(old)
    passes(1)
    expect(ring.verification(old)).toBeUndefined()
    expect(ring.verification(fresh.kid)?.kid).toBe(fresh.kid)
    expect((await open()).verification(old)).toBeUndefined()
  })

  test('touches its purpose alone', async () => {
    const ring = await open()
    const before = kidsOf(ring)
    await ring.rotate('receipt', now)
    const after = kidsOf(ring)
    expect([after[0], after[2]]).toEqual([before[0], before[2]])
    expect(after[1]).not.toBe(before[1])
  })

  test('erases the private half of the old key', async () => {
    const ring = await open()
    const old = ring.active('token').kid
    await ring.rotate('token', now)
    const kept = readKeyRing(master, readFileSync(ringFile(), 'utf8'))
    expect(kept.find(({ kid }) => kid === old)?.sealed).toBeNull()
    expect(kept.filter(({ sealed }) => sealed !== null)).toHaveLength(3)
  })

  test('is seen by another process within a second, for signing and for verifying', async () => {
    const [ring, other] = [await open(), await open()]
    const old = other.active('token').kid
    const fresh = await ring.rotate('token', now)
    expect(other.verification(fresh.kid)).toBeUndefined()
    passes(1)
    expect(other.verification(fresh.kid)?.kid).toBe(fresh.kid)
    expect(other.active('token').kid).toBe(fresh.kid)
    expect(other.verification(old)?.kid).toBe(old)
  })

  test('by several processes at once loses no key', async () => {
    const rings = await Promise.all(Array.from({ length: 4 }, open))
    expect(new Set(rings.map((ring) => ring.active('token').kid)).size).toBe(1)
    const fresh = await Promise.all(
      rings.flatMap((ring) => [ring.rotate('token', now), ring.rotate('receipt', now)]),
    )
    expect(new Set(fresh.map(({ kid }) => kid)).size).toBe(8)
    const after = await open()
    for (const { kid } of fresh) expect(after.verification(kid)?.kid).toBe(kid)
    expect(after.list().filter(({ state }) => state === 'active')).toHaveLength(3)
    expect(after.list()).toHaveLength(11)
    expect(readdirSync(keysDir)).toEqual(['keyring.json'])
  })

  test('goes on after a process died holding the lock', async () => {
    const ring = await open()
    const lock = join(keysDir, 'keyring.lock')
    writeFileSync(lock, 'dead', { mode: 0o600 })
    utimesSync(lock, new Date(Date.now() - 11_000), new Date(Date.now() - 11_000))
    const old = ring.active('token').kid
    expect((await ring.rotate('token', now)).kid).not.toBe(old)
    expect(readdirSync(keysDir)).toEqual(['keyring.json'])
  })

  test('waits while another process holds the lock', async () => {
    const ring = await open()
    const lock = join(keysDir, 'keyring.lock')
    writeFileSync(lock, 'alive', { mode: 0o600 })
    const rotation = ring.rotate('token', now)
    const first = await Promise.race([
      rotation.then(() => 'rotated'),
      new Promise((resolve) => setTimeout(resolve, 100, 'waiting')),
    ])
    expect(first).toBe('waiting')
    rmSync(lock)
    await rotation
  })
})

describe('taking a key out of force', () => {
  test('is at once and for good, and an active key gets a successor', async () => {
    const ring = await open()
    const old = ring.active('token').kid
    expect(await ring.retire(old)).toBe(true)
    expect(ring.verification(old)).toBeUndefined()
    expect(ring.archive.verification(old)).toBeUndefined()
    expect(ring.active('token').kid).not.toBe(old)
    expect((await open()).verification(old)).toBeUndefined()
  })

  test('works on a retiring key, without touching the active one', async () => {
    const ring = await open()
    const old = ring.active('token').kid
    const { kid } = await ring.rotate('token', now)
    expect(await ring.retire(old)).toBe(true)
    expect(ring.verification(old)).toBeUndefined()
    expect(ring.active('token').kid).toBe(kid)
  })

  test('is seen by another process within a second', async () => {
    const [ring, other] = [await open(), await open()]
    const old = other.active('token').kid
    await ring.retire(old)
    passes(1)
    expect(other.verification(old)).toBeUndefined()
    expect(other.active('token').kid).toBe(ring.active('token').kid)
  })

  test('answers false for a key that never was', async () => {
    const ring = await open()
    const before = kidsOf(ring)
    expect(await ring.retire('A'.repeat(43) as KeyThumbprint)).toBe(false)
    expect(kidsOf(ring)).toEqual(before)
  })

  test('remembers the first moment', async () => {
    const ring = await open()
    const old = ring.active('token').kid
    await ring.retire(old)
    passes(5)
    await ring.retire(old)
    const view = ring.list().find(({ kid }) => kid === old)
    expect(view).toMatchObject({ state: 'revoked', verifiesUntil: START })
  })
})

describe('what the ring shows', () => {
  test('the archive still knows retired keys for receipts and checkpoints, not for tokens', async () => {
    const ring = await open()
    const [token, receipt, checkpoint] = kidsOf(ring) as KeyThumbprint[]
    for (const purpose of PURPOSES) await ring.rotate(purpose, now)
    passes(KEY_OVERLAP_SECONDS)
    const known = [token, receipt, checkpoint].map(
      (kid) => kid !== undefined && ring.archive.verification(kid)?.kid === kid,
    )
    expect(known).toEqual([false, true, true])
    for (const kid of kidsOf(ring)) {
      expect(ring.archive.verification(kid as KeyThumbprint)?.kid).toBe(kid)
    }
    if (receipt !== undefined) await ring.retire(receipt)
    expect(receipt && ring.archive.verification(receipt)).toBeUndefined()
  })

  test('the published set has alg and use, no private member, and only keys in force', async () => {
    const ring = await open()
    const [token] = kidsOf(ring)
    await ring.rotate('token', now)
    expect(ring.jwks().keys).toHaveLength(4)
    for (const key of ring.jwks().keys) {
      expect(Object.keys(key)).toEqual(['kty', 'crv', 'x', 'kid', 'alg', 'use', 'urn:writ:purpose'])
      expect(key).toMatchObject({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' })
    }
    passes(KEY_OVERLAP_SECONDS)
    expect(ring.jwks().keys.map(({ kid }) => kid)).not.toContain(token)
    expect(ring.jwks().keys).toHaveLength(3)
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
    const { kid } = await ring.rotate('token', now)
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

describe('a key ring file that is not right', () => {
  test('I12: is a fault under another master key', async () => {
    await open()
    const other = await openMasterKey(join(home, 'other'), {})
    await expect(openKeyRing({ keysDir, master: other, clock })).rejects.toThrow(
      'The key ring was changed or belongs to another master key.',
    )
  })

  test('open to other users is a fault', async () => {
    await open()
    chmodSync(ringFile(), 0o644)
    await expect(open()).rejects.toThrow('is open to other users')
  })

  test.each([
    ['nothing', ''],
    ['not JSON', '{'],
    ['no object', '[]'],
    ['another version', '{"version":"2","keys":[],"mark":"x"}'],
  ])('of %s is a fault', async (_name, text) => {
    await open()
    writeFileSync(ringFile(), text)
    await expect(open()).rejects.toThrow('The key ring is damaged.')
  })

  test('with a key slipped in is a fault: the mark does not hold', async () => {
    await open()
    const file = JSON.parse(readFileSync(ringFile(), 'utf8'))
    const [kept] = file.keys
    for (const change of [
      { ...kept, purpose: 'receipt' },
      { ...kept, alg: 'Ed25519' },
      { ...kept, revoked_at: 1 },
      { ...kept, sealed: null, rotated_at: START },
    ]) {
      writeFileSync(ringFile(), JSON.stringify({ ...file, keys: [change, ...file.keys.slice(1)] }))
      await expect(open()).rejects.toThrow('The key ring was changed')
    }
  })

  test('with a weak key is a fault, even when the mark holds', async () => {
    await open()
    const x = Buffer.from([1, ...new Array(31).fill(0)]).toString('base64url')
    editKeys(([first, ...rest]) => (first === undefined ? [] : [{ ...first, x }, ...rest]))
    await expect(open()).rejects.toThrow('is weak')
  })

  test('with a public key under another kid is a fault', async () => {
    await open()
    editKeys(([a, b, ...rest]) =>
      a === undefined || b === undefined ? [] : [{ ...a, x: b.x }, b, ...rest],
    )
    await expect(open()).rejects.toThrow('is another key.')
  })

  test('with private keys exchanged is a fault', async () => {
    await open()
    editKeys(([a, b, ...rest]) =>
      a === undefined || b === undefined ? [] : [{ ...a, sealed: b.sealed }, b, ...rest],
    )
    await expect(open()).rejects.toThrow('was changed or belongs to another master key')
  })

  test('with another private key sealed in place is a fault', async () => {
    const ring = await open()
    const pkcs8 = ring.active('receipt').privateKey.export({ format: 'der', type: 'pkcs8' })
    editKeys(([a, ...rest]) =>
      a === undefined
        ? []
        : [{ ...a, sealed: seal(master, `signing-key:${a.kid}`, pkcs8) }, ...rest],
    )
    await expect(open()).rejects.toThrow("in the key ring is another key's")
  })

  test('is a fault at every use, and no fault any more when it is right again', async () => {
    const ring = await open()
    const { kid } = ring.active('token')
    const right = readFileSync(ringFile(), 'utf8')
    writeFileSync(ringFile(), 'broken')
    passes(1)
    for (let round = 0; round < 2; round += 1) {
      expect(() => ring.verification(kid)).toThrow('The key ring is damaged.')
      expect(() => ring.active('token')).toThrow('The key ring is damaged.')
      expect(() => ring.jwks()).toThrow('The key ring is damaged.')
    }
    writeFileSync(ringFile(), right)
    expect(ring.verification(kid)?.kid).toBe(kid)
  })

  test('that vanished is a fault, never a reason for new keys', async () => {
    const ring = await open()
    const { kid } = ring.active('token')
    rmSync(ringFile())
    passes(1)
    expect(() => ring.verification(kid)).toThrow('is gone')
    await expect(ring.rotate('token', now)).rejects.toThrow('is gone')
    expect(readdirSync(keysDir)).toEqual([])
  })
})

test('an unknown kid makes the ring look at the file at most once a second', async () => {
  const [ring, other] = [await open(), await open()]
  passes(1)
  expect(other.verification('A'.repeat(43) as KeyThumbprint)).toBeUndefined()
  const { kid } = await ring.rotate('token', now)
  expect(other.verification(kid)).toBeUndefined()
  passes(1)
  expect(other.verification(kid)?.kid).toBe(kid)
})
