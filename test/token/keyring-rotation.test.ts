import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { KeyThumbprint } from '../../src/domain/ids.ts'
import { KEY_OVERLAP_SECONDS } from '../../src/domain/limits.ts'
import { readKeyRing } from '../../src/token/keyring-file.ts'
import {
  at,
  eachInItsFolder,
  kidsOf,
  master,
  open,
  PURPOSES,
  passes,
  ringFile,
  START,
} from './keyring-folder.ts'

eachInItsFolder()

describe('rotation', () => {
  test('a retiring key verifies but does not sign; after the overlap it does neither', async () => {
    const ring = await open()
    const old = ring.active('token').kid
    passes(1000)
    const fresh = await ring.rotate('token', at.now)
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
    await ring.rotate('receipt', at.now)
    const after = kidsOf(ring)
    expect([after[0], after[2]]).toEqual([before[0], before[2]])
    expect(after[1]).not.toBe(before[1])
  })

  test('erases the private half of the old key', async () => {
    const ring = await open()
    const old = ring.active('token').kid
    await ring.rotate('token', at.now)
    const kept = readKeyRing(master, readFileSync(ringFile(), 'utf8'))
    expect(kept.find(({ kid }) => kid === old)?.sealed).toBeNull()
    expect(kept.filter(({ sealed }) => sealed !== null)).toHaveLength(PURPOSES.length)
  })

  test('is seen by another process within a second, for signing and for verifying', async () => {
    const [ring, other] = [await open(), await open()]
    const old = other.active('token').kid
    const fresh = await ring.rotate('token', at.now)
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
      rings.flatMap((ring) => [ring.rotate('token', at.now), ring.rotate('receipt', at.now)]),
    )
    expect(new Set(fresh.map(({ kid }) => kid)).size).toBe(8)
    const after = await open()
    for (const { kid } of fresh) expect(after.verification(kid)?.kid).toBe(kid)
    expect(after.list().filter(({ state }) => state === 'active')).toHaveLength(PURPOSES.length)
    expect(after.list()).toHaveLength(PURPOSES.length + 8)
    expect(readdirSync(at.keysDir)).toEqual(['keyring.json'])
  })

  test('goes on after a process died holding the lock', async () => {
    const ring = await open()
    const lock = join(at.keysDir, 'keyring.lock')
    writeFileSync(lock, 'dead', { mode: 0o600 })
    utimesSync(lock, new Date(Date.now() - 11_000), new Date(Date.now() - 11_000))
    const old = ring.active('token').kid
    expect((await ring.rotate('token', at.now)).kid).not.toBe(old)
    expect(readdirSync(at.keysDir)).toEqual(['keyring.json'])
  })

  test('waits while another process holds the lock', async () => {
    const ring = await open()
    const lock = join(at.keysDir, 'keyring.lock')
    writeFileSync(lock, 'alive', { mode: 0o600 })
    const rotation = ring.rotate('token', at.now)
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
    const { kid } = await ring.rotate('token', at.now)
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

test('an unknown kid makes the ring look at the file at most once a second', async () => {
  const [ring, other] = [await open(), await open()]
  passes(1)
  expect(other.verification('A'.repeat(43) as KeyThumbprint)).toBeUndefined()
  const { kid } = await ring.rotate('token', at.now)
  expect(other.verification(kid)).toBeUndefined()
  passes(1)
  expect(other.verification(kid)?.kid).toBe(kid)
})
