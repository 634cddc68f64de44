import { describe, expect, test } from 'vitest'
import { decodeUtf8, readWrittenJson } from '../../src/token/strict-json.ts'

describe('JSON as we write it', () => {
  test.each([
    '{}',
    '[]',
    'null',
    'true',
    '0',
    '""',
    '{"a":1,"b":[1,2.5,-3,1e+21,1e-7],"c":{"d":"é€😀"}}',
    '"\\u0000\\n\\t\\"\\\\"',
    '"\\\\ud800"',
    '"\\\\\\\\udfff"',
    '{"\\\\ud800":1}',
    '{"__proto__":{"iss":"x"}}',
    '9007199254740991',
  ])('%s is read', (text) => {
    expect(JSON.stringify(readWrittenJson(text))).toBe(text)
  })

  test.each([
    ['a duplicate member', '{"a":1,"a":1}'],
    ['a nested duplicate member', '{"a":{"b":1,"b":2}}'],
    ['a duplicate member by escape', '{"a":1,"\\u0061":1}'],
    ['space after a colon', '{"a": 1}'],
    ['a final newline', '{}\n'],
    ['a leading space', ' {}'],
    ['a number too large', '{"exp":1e400}'],
    ['a fraction that is none', '{"exp":1.0}'],
    ['an exponent', '{"exp":1e2}'],
    ['minus zero', '-0'],
    ['an integer that is rounded', '9007199254740993'],
    ['digits that are lost', '0.10000000000000000001'],
    ['an escaped letter', '"\\u0061"'],
    ['an escaped slash', '"\\/"'],
    ['an upper-case escape', '"\\u001F"'],
    ['integer-like members out of order', '{"b":1,"1":1}'],
    ['a lone high surrogate', '"\\ud800"'],
    ['a lone low surrogate', '"\\udfff"'],
    ['a lone surrogate after a backslash', '"\\\\\\ud800"'],
    ['a lone surrogate inside text', '"x\\udc00y"'],
    ['a lone surrogate in a member name', '{"\\ud800":1}'],
    ['an escaped pair', '"\\ud83d\\ude00"'],
    ['a trailing comma', '[1,]'],
    ['a comment', '{}/**/'],
    ['nothing', ''],
    ['two values', '{}{}'],
    ['NaN', 'NaN'],
    ['a byte order mark', '\ufeff{}'],
    ['nesting without end', '['.repeat(8000)],
  ])('%s is refused', (_name, text) => {
    expect(readWrittenJson(text)).toBeUndefined()
  })

  test('deep nesting is answered, not thrown', () => {
    const deep = '['.repeat(4000) + ']'.repeat(4000)
    expect([undefined, deep]).toContain(JSON.stringify(readWrittenJson(deep)))
  })
})

describe('UTF-8', () => {
  test('is read with everything in it, a byte order mark too', () => {
    expect(decodeUtf8(Buffer.from('\ufeffgrüße 😀'))).toBe('\ufeffgrüße 😀')
  })

  test.each([
    ['an unfinished sequence', [0x22, 0xc3, 0x22]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['a surrogate in UTF-8', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a byte that is never UTF-8', [0x22, 0xff, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x22, 0x00]],
  ])('%s is refused', (_name, bytes) => {
    expect(decodeUtf8(Uint8Array.from(bytes))).toBeUndefined()
  })
})
