import { base64url } from 'jose'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { decodeBase64url, encodeBase64url } from '../../src/token/base64url.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

describe('base64url', () => {
  test('agrees with an independent implementation at every length up to 100', () => {
    for (let length = 0; length <= 100; length += 1) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 37 + length * 11) & 255)
      const text = encodeBase64url(bytes)
      expect(text).toBe(base64url.encode(bytes))
      expect(Buffer.from(decodeBase64url(text) ?? [])).toEqual(Buffer.from(bytes))
    }
  })

  test('encodes the view, not the buffer behind it', () => {
    expect(encodeBase64url(new Uint8Array([1, 2, 3, 4]).subarray(1, 3))).toBe('AgM')
  })

  test('of all last characters only those without bits beyond the last byte are read', () => {
    const read = (head: string): string =>
      [...ALPHABET].filter((last) => decodeBase64url(head + last) !== undefined).join('')
    expect(read('AA')).toBe('AEIMQUYcgkosw048')
    expect(read('A')).toBe('AQgw')
    expect(read('AAA')).toBe(ALPHABET)
    expect(read('')).toBe('')
    expect(read('AAAA')).toBe('')
  })

  test.each([
    'AA==',
    'AAA=',
    'AAAA=',
    'A',
    'AAAAA',
    'AA+A',
    'AA/A',
    'AA A',
    ' AAAA',
    'AAAA\n',
    'AA.A',
    'AAé',
    'AA\u0000A',
  ])('%j is refused', (text) => {
    expect(decodeBase64url(text)).toBeUndefined()
  })

  test('nothing is the spelling of no bytes', () => {
    expect(decodeBase64url('')).toHaveLength(0)
  })
})

describe('base64url in a runtime without Buffer', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  test('gives the same answers', async () => {
    const texts = ['', 'AA', 'AB', 'AAA', 'AAB', 'AAAA', 'A', 'AA==', 'AA+A', 'AA A', 'AA.A', '_-8']
    const here = texts.map((text) => decodeBase64url(text)?.join())
    vi.resetModules()
    vi.stubGlobal('Buffer', undefined)
    const plain = await import('../../src/token/base64url.ts')
    expect(plain.decodeBase64url).not.toBe(decodeBase64url)
    expect(texts.map((text) => plain.decodeBase64url(text)?.join())).toEqual(here)
    expect(plain.encodeBase64url(new Uint8Array([251, 255, 191, 0]))).toBe('-_-_AA')
  })
})
