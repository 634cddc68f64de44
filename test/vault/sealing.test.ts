import { createSecretKey, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type MasterKey, seal, unseal, vouch, vouchesFor } from '../../src/vault/envelope.ts'

const master = createSecretKey(Buffer.alloc(32, 7)) as MasterKey
const other = createSecretKey(Buffer.alloc(32, 8)) as MasterKey

describe('sealing', () => {
  for (const size of [0, 1, 15, 16, 17, 32, 4096]) {
    test(`what was sealed opens again, at ${size} bytes`, () => {
      const plain = randomBytes(size)
      expect(unseal(master, 'a', seal(master, 'a', plain))).toEqual(plain)
    })
  }

  test('a text is sealed as its UTF-8 bytes', () => {
    expect(unseal(master, 'a', seal(master, 'a', 'grüße')).toString('utf8')).toBe('grüße')
  })

  test('the sealed text has the documented form and shows nothing of the plain text', () => {
    const sealed = seal(master, 'a', 'plain plain plain')
    expect(sealed).toMatch(/^v1\.[A-Za-z0-9_-]+$/)
    const bytes = Buffer.from(sealed.slice(3), 'base64url')
    expect(bytes.length).toBe(32 + 12 + 17 + 16)
    expect(bytes.includes('plain')).toBe(false)
  })

  test('two seals of one text share nothing: salt and nonce are fresh', () => {
    const [a, b] = [seal(master, 'a', 'x'), seal(master, 'a', 'x')].map((sealed) =>
      Buffer.from(sealed.slice(3), 'base64url'),
    )
    expect(a?.subarray(0, 32)).not.toEqual(b?.subarray(0, 32))
    expect(a?.subarray(32, 44)).not.toEqual(b?.subarray(32, 44))
    expect(a?.subarray(44)).not.toEqual(b?.subarray(44))
  })

  test('another label does not open it', () => {
    expect(() => unseal(master, 'b', seal(master, 'a', 'x'))).toThrow(
      'The sealed record "b" was changed or belongs to another master key.',
    )
  })

  test('another master key does not open it', () => {
    expect(() => unseal(other, 'a', seal(master, 'a', 'x'))).toThrow('another master key')
  })

  test('a change of any single bit is noticed', () => {
    const sealed = Buffer.from(seal(master, 'a', 'secret').slice(3), 'base64url')
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => unseal(master, 'a', `v1.${changed.toString('base64url')}`)).toThrow()
    }
  })

  test('a shortened text is noticed at every length', () => {
    const sealed = Buffer.from(seal(master, 'a', 'secret').slice(3), 'base64url')
    for (let length = 0; length < sealed.length; length += 1) {
      const shortened = `v1.${sealed.subarray(0, length).toString('base64url')}`
      expect(() => unseal(master, 'a', shortened)).toThrow()
    }
  })

  const damaged = 'The sealed record "a" is damaged.'
  test.each([
    ['nothing', ''],
    ['another version', seal(master, 'a', 'x').replace('v1.', 'v2.')],
    ['padding', `${seal(master, 'a', 'x')}=`],
    ['white space', `${seal(master, 'a', 'x')}\n`],
    ['one byte less than the shortest', `v1.${Buffer.alloc(59).toString('base64url')}`],
  ])('%s is told as damage', (_name, sealed) => {
    expect(() => unseal(master, 'a', sealed)).toThrow(damaged)
  })

  test('I12: no error tells the content, and the master key does not print', () => {
    const sealed = seal(master, 'a', 'content-of-the-secret')
    try {
      unseal(other, 'a', sealed)
      expect.unreachable()
    } catch (error) {
      expect(inspect(error)).not.toContain('content-of-the-secret')
      expect(inspect(error)).not.toContain(sealed)
    }
    expect(inspect(master)).not.toContain('7, 7')
    expect(JSON.stringify({ master })).toBe('{"master":{}}')
  })
})

describe('vouching', () => {
  test('a mark holds for its text, label and master key alone', () => {
    const mark = vouch(master, 'a', 'text')
    expect(mark).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(vouchesFor(master, 'a', 'text', mark)).toBe(true)
    expect(vouchesFor(master, 'a', 'texT', mark)).toBe(false)
    expect(vouchesFor(master, 'b', 'text', mark)).toBe(false)
    expect(vouchesFor(other, 'a', 'text', mark)).toBe(false)
    expect(vouchesFor(master, 'a', 'text', '')).toBe(false)
    expect(vouchesFor(master, 'a', 'text', `${mark}A`)).toBe(false)
  })
})
