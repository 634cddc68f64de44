import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openMasterKey, seal, unseal } from '../../src/vault/envelope.ts'

let home: string
let keys: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'writ-vault-'))
  keys = join(home, 'keys')
})
afterEach(() => rmSync(home, { recursive: true }))

const modeOf = (path: string): number => statSync(path).mode & 0o777
const PASSPHRASE = 'correct horse battery staple'

describe('the master key in the folder', () => {
  test('the first start makes folder 0700 and key 0600; the next finds the same key', async () => {
    const first = await openMasterKey(keys, {})
    expect(modeOf(keys)).toBe(0o700)
    expect(modeOf(join(keys, 'master.key'))).toBe(0o600)
    expect(readFileSync(join(keys, 'master.key'), 'utf8')).toMatch(/^[A-Za-z0-9_-]{43}\n$/)
    const second = await openMasterKey(keys, {})
    expect(unseal(second, 'a', seal(first, 'a', 'x')).toString()).toBe('x')
    expect(readdirSync(keys)).toEqual(['master.key'])
  })

  test('of many first starts at once all have the same key', async () => {
    const masters = await Promise.all(Array.from({ length: 8 }, () => openMasterKey(keys, {})))
    const [first] = masters
    if (first === undefined) throw new Error('there are eight')
    const sealed = seal(first, 'a', 'x')
    for (const master of masters) expect(unseal(master, 'a', sealed).toString()).toBe('x')
  })

  test.each([
    ['empty', ''],
    ['short', 'AAAA\n'],
    ['with bits beyond the last byte', `${'A'.repeat(42)}B\n`],
    ['hexadecimal', `${'0'.repeat(64)}\n`],
    ['two lines', `${'A'.repeat(43)}\n\n`],
  ])('a key file that is %s is a fault', async (_name, text) => {
    await openMasterKey(keys, {})
    writeFileSync(join(keys, 'master.key'), text)
    await expect(openMasterKey(keys, {})).rejects.toThrow('does not hold a master key')
  })

  test('an empty variable counts as unset', async () => {
    await openMasterKey(keys, { WRIT_PASSPHRASE: '', WRIT_MASTER_KEY_FILE: '' })
    expect(existsSync(join(keys, 'master.key'))).toBe(true)
  })
})

describe('a master key file kept elsewhere', () => {
  test('is used, and none is made in the folder', async () => {
    const path = join(home, 'elsewhere')
    writeFileSync(path, Buffer.alloc(32, 3).toString('base64url'), { mode: 0o600 })
    const first = await openMasterKey(keys, { WRIT_MASTER_KEY_FILE: path })
    const second = await openMasterKey(keys, { WRIT_MASTER_KEY_FILE: path })
    expect(unseal(second, 'a', seal(first, 'a', 'x')).toString()).toBe('x')
    expect(readdirSync(keys)).toEqual([])
  })

  test('that is not there is a fault, never a new key', async () => {
    const path = join(home, 'elsewhere')
    await expect(openMasterKey(keys, { WRIT_MASTER_KEY_FILE: path })).rejects.toThrow(
      `There is no file ${path}.`,
    )
    expect(readdirSync(keys)).toEqual([])
  })
})

describe('a passphrase', () => {
  test('derives the same key at the next start, from variable or file', async () => {
    const first = await openMasterKey(keys, { WRIT_PASSPHRASE: PASSPHRASE })
    const path = join(home, 'passphrase')
    writeFileSync(path, `${PASSPHRASE}\n`, { mode: 0o600 })
    const second = await openMasterKey(keys, { WRIT_PASSPHRASE_FILE: path })
    expect(unseal(second, 'a', seal(first, 'a', 'x')).toString()).toBe('x')
    expect(readdirSync(keys)).toEqual(['passphrase.json'])
    expect(modeOf(join(keys, 'passphrase.json'))).toBe(0o600)
    expect(readFileSync(join(keys, 'passphrase.json'), 'utf8')).not.toContain('horse')
  })

  test('that is wrong is told at once, without the passphrase in the message', async () => {
    await openMasterKey(keys, { WRIT_PASSPHRASE: PASSPHRASE })
    const wrong = openMasterKey(keys, { WRIT_PASSPHRASE: 'another passphrase' })
    await expect(wrong).rejects.toThrow('The passphrase is not the one')
    await expect(wrong).rejects.not.toThrow('another passphrase')
  })

  test('of fewer than twelve characters is refused', async () => {
    const short = openMasterKey(keys, { WRIT_PASSPHRASE: 'elevenchars' })
    await expect(short).rejects.toThrow('A passphrase has at least 12 characters.')
    expect(readdirSync(keys)).toEqual([])
  })

  test('is never replaced by a key in the folder when it is forgotten', async () => {
    await openMasterKey(keys, { WRIT_PASSPHRASE: PASSPHRASE })
    await expect(openMasterKey(keys, {})).rejects.toThrow('Set WRIT_PASSPHRASE_FILE.')
    expect(readdirSync(keys)).toEqual(['passphrase.json'])
  })

  test('is refused for a folder that has a key of its own', async () => {
    await openMasterKey(keys, {})
    await expect(openMasterKey(keys, { WRIT_PASSPHRASE: PASSPHRASE })).rejects.toThrow(
      'not sealed with a passphrase',
    )
  })

  test.each([
    ['not JSON', 'x'],
    ['null', 'null'],
    ['of a lower cost', '{"kdf":"scrypt","cost":2,"salt":"AAAA","check":"AAAA"}'],
    ['without a check', `{"kdf":"scrypt","cost":131072,"salt":"${'A'.repeat(43)}"}`],
  ])('with a record that is %s is a fault', async (_name, text) => {
    await openMasterKey(keys, { WRIT_PASSPHRASE: PASSPHRASE })
    writeFileSync(join(keys, 'passphrase.json'), text)
    await expect(openMasterKey(keys, { WRIT_PASSPHRASE: PASSPHRASE })).rejects.toThrow('is damaged')
  })
})

test('two sources at once are refused by name', async () => {
  const both = { WRIT_PASSPHRASE: PASSPHRASE, WRIT_MASTER_KEY_FILE: join(home, 'x') }
  await expect(openMasterKey(keys, both)).rejects.toThrow(
    'Set only one of WRIT_PASSPHRASE, WRIT_MASTER_KEY_FILE.',
  )
})

test('a key that others can read is refused with the remedy', async () => {
  await openMasterKey(keys, {})
  chmodSync(join(keys, 'master.key'), 0o640)
  await expect(openMasterKey(keys, {})).rejects.toThrow(
    `${join(keys, 'master.key')} is open to other users. Run: chmod 600`,
  )
})
