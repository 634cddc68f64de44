import { describe, expect, it } from 'vitest'
import { canonicalJson, escapeStep, readJson, sameJson } from '../../src/domain/json.ts'
import { isWellFormed, utf8Length } from '../../src/domain/json-text.ts'
import type { Json } from '../../src/domain/scope/types.ts'

describe('readJson accepts what every reader reads alike', () => {
  const accepted: readonly (readonly [string, Json])[] = [
    ['null', null],
    ['true', true],
    ['false', false],
    [' \t\r\n"a" \t\r\n', 'a'],
    ['0', 0],
    ['10', 10],
    ['19', 19],
    ['123456789012345', 123456789012345],
    ['1234567890123456', 1234567890123456],
    ['0e1', 0],
    ['0.001', 0.001],
    ['0.00100e2', 0.1],
    ['-0', 0],
    ['-0.0e5', 0],
    ['-1', -1],
    ['1.0', 1],
    ['1e2', 100],
    ['1E+2', 100],
    ['100e-2', 1],
    ['0.1', 0.1],
    ['0.10', 0.1],
    ['1e20', 1e20],
    ['9007199254740994.0', 9007199254740994],
    ['5e-324', 5e-324],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['""', ''],
    ['"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041"', '"\\/\b\f\n\r\tA'],
    ['"\\ud83d\\ude00"', '😀'],
    ['"x\\u00e9y"', 'xéy'],
    ['"😀"', '😀'],
    ['"\u007f"', '\u007f'],
    ['[]', []],
    ['[ ]', []],
    ['[1,[2],{}]', [1, [2], {}]],
    ['{}', {}],
    ['{ "a" : 1 , "b" : [ ] }', { a: 1, b: [] }],
    ['{"":0}', { '': 0 }],
  ]
  it.each(accepted)('%s', (text, value) => {
    expect(readJson(text)).toEqual({ ok: true, value })
  })

  it('keeps __proto__ as an ordinary member', () => {
    const read = readJson('{"__proto__":{"a":1},"constructor":2}')
    expect(read.ok && Object.keys(read.value as object)).toEqual(['__proto__', 'constructor'])
    expect(read.ok && Object.getPrototypeOf(read.value)).toBe(Object.prototype)
  })

  it('never gives minus zero', () => {
    const read = readJson('[-0, -0.0]')
    expect(read.ok && (read.value as number[]).some((n) => Object.is(n, -0))).toBe(false)
  })
})

describe('readJson refuses, and says where', () => {
  const refused: readonly (readonly [string, string, string])[] = [
    ['', '', 'a value is missing'],
    ['  ', '', 'a value is missing'],
    ['\ufeff1', '', 'not a JSON value'],
    ['1 2', '', 'something follows the value'],
    ['{}x', '', 'something follows the value'],
    ['tru', '', 'not a JSON value'],
    ['nul', '', 'not a JSON value'],
    ['falsy', '', 'not a JSON value'],
    ['True', '', 'not a JSON value'],
    ["'a'", '', 'not a JSON value'],
    ['NaN', '', 'not a JSON value'],
    ['-', '', 'not a JSON value'],
    ['+1', '', 'not a JSON value'],
    ['.5', '', 'not a JSON value'],
    ['01', '', 'something follows the value'],
    ['1.', '', 'something follows the value'],
    ['1e', '', 'something follows the value'],
    ['0x1', '', 'something follows the value'],
    ['00', '', 'something follows the value'],
    ['1a', '', 'something follows the value'],
    ['1234567890123456a', '', 'something follows the value'],
    ['\u00a01', '', 'not a JSON value'],
    ['9007199254740993', '', 'the number does not survive as a double'],
    ['-9007199254740993', '', 'the number does not survive as a double'],
    ['1.00000000000000001', '', 'the number does not survive as a double'],
    ['1e400', '', 'the number does not survive as a double'],
    ['-1e400', '', 'the number does not survive as a double'],
    ['1e-400', '', 'the number does not survive as a double'],
    ['123456789012345678', '', 'the number does not survive as a double'],
    ['"a', '', 'the string has no end'],
    ['"a\nb"', '', 'a raw control character'],
    ['"\u0000"', '', 'a raw control character'],
    ['"\u001f"', '', 'a raw control character'],
    ['"\\x41"', '', 'not an escape'],
    ['"\\"', '', 'the string has no end'],
    ['"\\', '', 'not an escape'],
    ['"\\u12g4"', '', 'not an escape'],
    ['"\\u12', '', 'not an escape'],
    ['"\\ud800"', '', 'a lone surrogate'],
    ['"\\udc00\\ud800"', '', 'a lone surrogate'],
    ['"\ud800x"', '', 'a lone surrogate'],
    ['"\udfff"', '', 'a lone surrogate'],
    ['[', '/0', 'a value is missing'],
    ['[1', '', 'a comma or ] is missing'],
    ['[1,]', '/1', 'not a JSON value'],
    ['[1 2]', '', 'a comma or ] is missing'],
    ['[1}', '', 'a comma or ] is missing'],
    ['{', '', 'a member name is missing'],
    ['{a:1}', '', 'a member name is missing'],
    ['{"a"}', '', 'a colon is missing'],
    ['{"a":}', '/a', 'not a JSON value'],
    ['{"a":1,}', '', 'a member name is missing'],
    ['{"a":1]', '', 'a comma or } is missing'],
    ['{"a":1,"a":1}', '/a', 'the member is there twice'],
    ['{"a":1,"\\u0061":2}', '/a', 'the member is there twice'],
    ['{"x":{"__proto__":1,"__proto__":1}}', '/x/__proto__', 'the member is there twice'],
    ['{"a~b":{"c/d":[0,{"e":nil}]}}', '/a~0b/c~1d/1/e', 'not a JSON value'],
    ['{"\\ud800":1}', '', 'a lone surrogate'],
  ]
  it.each(refused)('%j', (text, pointer, detail) => {
    expect(readJson(text)).toEqual({ ok: false, pointer, detail })
  })

  it('nesting beyond the limit, and not at it', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    expect(readJson(nested(32)).ok).toBe(true)
    expect(readJson(nested(33))).toMatchObject({ ok: false, detail: 'nested too deeply' })
    expect(readJson('[{"a":[]}]', 3).ok).toBe(true)
    expect(readJson('[{"a":[]}]', 2)).toEqual({
      ok: false,
      pointer: '/0/a',
      detail: 'nested too deeply',
    })
    expect(readJson('[{}]', 1)).toMatchObject({ pointer: '/0', detail: 'nested too deeply' })
    expect(readJson('1', 0).ok).toBe(true)
    expect(readJson('['.repeat(1_000_000)).ok).toBe(false)
  })

  it('a million digits in linear time', () => {
    const started = performance.now()
    expect(readJson(`1${'0'.repeat(1_000_000)}`).ok).toBe(false)
    expect(readJson(`0.${'0'.repeat(1_000_000)}1`).ok).toBe(false)
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

describe('canonicalJson is RFC 8785', () => {
  const cases: readonly (readonly [Json, string])[] = [
    [null, 'null'],
    [-0, '0'],
    [1e21, '1e+21'],
    [1e20, '100000000000000000000'],
    [333333333.3333333, '333333333.3333333'],
    [4.5, '4.5'],
    [2e-3, '0.002'],
    [1e-27, '1e-27'],
    ['\u20ac$\u000f\nA\'B"\\"/', '"€$\\u000f\\nA\'B\\"\\\\\\"/"'],
    [[56, { d: true, '10': null, '1': [] }], '[56,{"1":[],"10":null,"d":true}]'],
    [
      { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '😀': 5, '\u0080': 6, ö: 7 },
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
    ],
    [{ b: { z: 1, a: 2 }, a: [] }, '{"a":[],"b":{"a":2,"z":1}}'],
  ]
  it.each(cases)('%j', (value, text) => {
    expect(canonicalJson(value)).toBe(text)
  })

  it('throws on what JSON can not hold', () => {
    expect(() => canonicalJson(Number.NaN)).toThrow(RangeError)
    expect(() => canonicalJson([Number.POSITIVE_INFINITY])).toThrow(RangeError)
  })
})

describe('sameJson', () => {
  const cases: readonly (readonly [Json, Json, boolean])[] = [
    [1, 1, true],
    [0, -0, true],
    [1, '1', false],
    [1, true, false],
    [null, null, true],
    [null, {}, false],
    [{}, null, false],
    ['é', 'e\u0301', false],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [[1, 2], [2, 1], false],
    [[], {}, false],
    [[1], 1, false],
  ]
  it.each(cases)('%j and %j: %s', (a, b, same) => {
    expect(sameJson(a, b)).toBe(same)
  })
})

describe('texts', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['\u007f\u0080', 3],
    ['\u07ff\u0800', 5],
    ['€', 3],
    ['\uffff', 3],
    ['😀', 4],
  ])('%j takes its UTF-8 bytes', (text, bytes) => {
    expect(utf8Length(text)).toBe(bytes)
    expect(Buffer.byteLength(text)).toBe(bytes)
  })

  it.each([
    ['a😀b', true],
    ['\ud800', false],
    ['\udc00', false],
    ['\ud83d\ud83d\ude00', false],
    ['\ud83d\ude00\ude00', false],
    ['\ud7ff\ue000', true],
  ])('%j is well-formed: %s', (text, wellFormed) => {
    expect(isWellFormed(text)).toBe(wellFormed)
  })

  it('a pointer step escapes its two special characters (RFC 6901)', () => {
    expect(['a/b', 'm~n', '~1', 0].map(escapeStep)).toEqual(['a~1b', 'm~0n', '~01', '0'])
  })
})
