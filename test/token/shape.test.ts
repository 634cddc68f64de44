import { describe, expect, test } from 'vitest'
import {
  faultFinder,
  integer,
  isObject,
  list,
  matching,
  object,
  oneOf,
  parsedBy,
  type Shape,
  text,
} from '../../src/token/shape.ts'

const anything: Shape = () => true

describe('shapes', () => {
  const rows: readonly [string, Shape, readonly unknown[], readonly unknown[]][] = [
    ['object', isObject, [{}, { a: 1 }], [null, [], 'x', 1, true, undefined]],
    ['text', text(3), ['a', 'abc', '€€€'], ['', 'abcd', 1, null, ['a'], undefined]],
    ['matching', matching(/^a+$/), ['a', 'aa'], ['', 'b', 1, null, ['a']]],
    [
      'integer',
      integer(),
      [0, 1, Number.MAX_SAFE_INTEGER],
      [-1, 0.5, '1', true, null, Number.NaN, Number.MAX_SAFE_INTEGER + 1, [1]],
    ],
    ['integer between', integer(2, 4), [2, 3, 4], [1, 5]],
    [
      'list',
      list(integer(), 1, 2),
      [[1], [1, 2]],
      [[], [1, 2, 3], ['1'], [1, null], { length: 1 }],
    ],
    ['word', oneOf(['a', 'b']), ['a', 'b'], ['c', '', null, undefined, ['a']]],
    ['parsed', parsedBy((x) => (x === 'x' ? x : undefined)), ['x'], ['y', 1, null, ['x']]],
  ]
  for (const [name, shape, right, wrong] of rows) {
    test(`${name} takes exactly its values`, () => {
      for (const value of right) expect([value, shape(value)]).toEqual([value, true])
      for (const value of wrong) expect([value, shape(value)]).toEqual([value, false])
    })
  }

  test('an object has its required members, maybe the optional ones, and no other', () => {
    const shape = object({ required: { a: integer() }, optional: { b: integer() } })
    expect(shape({ a: 1 })).toBe(true)
    expect(shape({ b: 2, a: 1 })).toBe(true)
    for (const wrong of [{}, { b: 1 }, { a: 1, c: 1 }, { a: '1' }, { a: 1, b: '1' }, [], null]) {
      expect([wrong, shape(wrong)]).toEqual([wrong, false])
    }
  })

  test('members come from the object itself, never from its prototype', () => {
    const shape = object({ required: { toString: anything } })
    expect(shape({})).toBe(false)
    const polluted = JSON.parse('{"__proto__":{"a":1}}')
    expect(object({ required: { a: anything } })(polluted)).toBe(false)
    expect(object({ required: {} })(polluted)).toBe(false)
    expect(object({ required: {} })({ constructor: 1 })).toBe(false)
  })

  test.each([
    [1, ''],
    [{ b: 1 }, '/a'],
    [{ a: 'x', z: 1 }, '/a'],
    [{ a: 1, b: 'x', z: 1 }, '/b'],
    [{ a: 1, z: 1 }, '/z'],
    [{ a: 1, 'x/y~z': 1 }, '/x~1y~0z'],
    [{ a: 1 }, undefined],
    [{ a: 1, b: 1 }, undefined],
  ])('the fault of %j is at %j', (value, pointer) => {
    const findFault = faultFinder({ required: { a: integer() }, optional: { b: integer() } })
    expect(findFault(value)).toBe(pointer)
  })
})
