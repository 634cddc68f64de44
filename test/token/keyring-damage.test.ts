import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openKeyRing } from '../../src/token/keyring.ts'
import { openMasterKey, seal } from '../../src/vault/envelope.ts'
import {
  at,
  clock,
  eachInItsFolder,
  editKeys,
  master,
  open,
  passes,
  ringFile,
  START,
} from './keyring-folder.ts'

eachInItsFolder()

describe('a key ring file that is not right', () => {
  test('I12: is a fault under another master key', async () => {
    await open()
    const other = await openMasterKey(join(at.home, 'other'), {})
    await expect(openKeyRing({ keysDir: at.keysDir, master: other, clock })).rejects.toThrow(
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
    await expect(ring.rotate('token', at.now)).rejects.toThrow('is gone')
    expect(readdirSync(at.keysDir)).toEqual([])
  })
})
