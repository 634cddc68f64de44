import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isBoundKey, openBound, readPlatformKey, sealBound } from '../../src/vault/bound-key.ts'

const here = { passphrase: 'correct horse', platformKey: new Uint8Array(32).fill(1) }
const KEY = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'

describe('a key bound to a machine (LEASH-34)', () => {
  const sealed = sealBound(KEY, here)

  it('opens with its passphrase on its machine', () => {
    expect(isBoundKey(sealed)).toBe(true)
    expect(openBound(`${sealed}\n`, here)).toBe(KEY)
  })

  it('I12: shows nothing of what it holds, and is never the same twice', () => {
    expect(sealed).not.toContain('AAAA')
    expect(sealBound(KEY, here)).not.toBe(sealed)
  })

  it('copied to another machine does not open', () => {
    const there = { ...here, platformKey: new Uint8Array(32).fill(2) }
    expect(() => openBound(sealed, there)).toThrow(/another passphrase, or another machine/)
  })

  it('does not open with another passphrase, nor with what was moved over from the machine', () => {
    expect(() => openBound(sealed, { ...here, passphrase: 'correct hors' })).toThrow()
    const moved = { passphrase: 'correct horse\u0001', platformKey: here.platformKey.slice(1) }
    expect(() => openBound(sealed, moved)).toThrow()
  })

  it('that was changed does not open', () => {
    const bytes = sealed.split('')
    bytes[30] = bytes[30] === 'A' ? 'B' : 'A'
    expect(() => openBound(bytes.join(''), here)).toThrow()
    expect(() => openBound('writ-bound-key-v1.AAAA', here)).toThrow('damaged')
  })

  it('has a file in place of the machine’s id where there is none, and it has to be long', () => {
    const folder = mkdtempSync(join(tmpdir(), 'writ-bound-'))
    const file = join(folder, 'platform.key')
    writeFileSync(file, `${'a'.repeat(32)}\n`)
    const key = readPlatformKey(file)
    writeFileSync(file, 'b'.repeat(32))
    expect(Buffer.compare(key, readPlatformKey(file))).not.toBe(0)
    writeFileSync(file, 'short')
    expect(() => readPlatformKey(file)).toThrow(/platform key file/)
    rmSync(folder, { recursive: true })
  })
})
