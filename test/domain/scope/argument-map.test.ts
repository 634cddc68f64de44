import { describe, expect, it } from 'vitest'
import {
  admitsNone,
  argumentWidenings,
  objectionToJson,
} from '../../../src/domain/scope/argument-map.ts'
import { mapProves } from '../../../src/domain/scope/prove-arguments.ts'
import type { ArgumentConstraint, ArgumentMap, Json } from '../../../src/domain/scope/types.ts'

const any: ArgumentConstraint = { constraint_type: 'wildcard' }
const one: ArgumentConstraint = { constraint_type: 'exact', value: 1 }
const small: ArgumentConstraint = { constraint_type: 'range', max: 5 }
const optional = (constraint: ArgumentConstraint) => ({ ...constraint, optional: true })
const own = (json: string): ArgumentMap => JSON.parse(json) as ArgumentMap

describe('an argument map is closed', () => {
  const unnamed = 'is not an argument the scope names'
  const unsatisfied = 'does not satisfy the constraint on it'
  const lacking = 'lacks an argument the scope requires'
  type Row = readonly [ArgumentMap, { [name: string]: Json }, [string, string] | undefined]
  const rows: readonly Row[] = [
    [{}, {}, undefined],
    [{}, { a: 1 }, ['/a', unnamed]],
    [{ '*': any }, {}, undefined],
    [{ '*': any }, { a: 1, '*': 2 }, undefined],
    [{ a: one }, { a: 1 }, undefined],
    [{ a: one }, { a: 2 }, ['/a', unsatisfied]],
    [{ a: one }, {}, ['', lacking]],
    [{ a: one }, { a: 1, 'b/c': 1 }, ['/b~1c', unnamed]],
    [{ a: one, '*': any }, { a: 1, b: [] }, undefined],
    [{ a: one, '*': any }, { b: 1 }, ['', lacking]],
    [{ a: one, '*': any }, { '*': 1 }, ['', lacking]],
    [{ a: optional(one) }, {}, undefined],
    [{ a: optional(one) }, { a: 2 }, ['/a', unsatisfied]],
    [{ a: { ...one, optional: false } }, {}, ['', lacking]],
    [{ a: one, b: optional(one) }, { b: 1 }, ['', lacking]],
    [{}, { constructor: 1 }, ['/constructor', unnamed]],
    [{}, { toString: 1 }, ['/toString', unnamed]],
  ]
  it.each(rows)('%j given %j', (map, given, expected) => {
    const objection = expected && { pointer: expected[0], detail: expected[1] }
    expect(objectionToJson(map, given)).toEqual(objection)
  })

  it('also for names that objects have by themselves', () => {
    const map = own('{"__proto__":{"constraint_type":"exact","value":1}}')
    const call = (json: string) => JSON.parse(json) as { [name: string]: Json }
    expect(objectionToJson(map, call('{"__proto__":1}'))).toBeUndefined()
    expect(objectionToJson(map, call('{"__proto__":2}'))?.detail).toBe(unsatisfied)
    expect(objectionToJson(map, {})?.detail).toBe(lacking)
    expect(objectionToJson({}, call('{"__proto__":1}'))?.detail).toBe(unnamed)
  })

  it.each([
    [{}, true],
    [{ '*': any }, true],
    [{ a: optional(one), '*': any }, true],
    [{ a: one }, false],
    [{ a: optional(one), b: any }, false],
  ])('%j admits no arguments: %s', (map, admits) => {
    expect(admitsNone(map)).toBe(admits)
  })
})

describe('argumentWidenings (AAT §4.5), and the second checker', () => {
  const unadmitted = 'is an argument the parent does not admit'
  const required = 'is required by the parent'
  const outside = 'is not within the constraint of the parent'
  type Row = readonly [string, ArgumentMap, ArgumentMap, readonly (readonly [string, string])[]]
  const rows: readonly Row[] = [
    ['nothing under nothing', {}, {}, []],
    ['anything under anything', { '*': any }, { '*': any }, []],
    ['nothing under anything', {}, { '*': any }, []],
    ['anything under nothing', { '*': any }, {}, [['/*', unadmitted]]],
    ['nothing under an optional name', {}, { a: optional(any) }, []],
    ['nothing under a required name', {}, { a: any }, [['', 'drops "a", which is required above']]],
    ['a name under anything', { a: one }, { '*': any }, []],
    ['an optional name under anything', { a: optional(one) }, { '*': any }, []],
    ['a name under nothing', { 'a/b': one }, {}, [['/a~1b', unadmitted]]],
    ['a tighter constraint', { a: one }, { a: small }, []],
    ['a looser constraint', { a: small }, { a: one }, [['/a', outside]]],
    ['required under optional', { a: one }, { a: optional(one) }, []],
    ['optional under required', { a: optional(one) }, { a: one }, [['/a', required]]],
    ['optional under optional', { a: optional(one) }, { a: optional(small) }, []],
    [
      'a freed name',
      { '*': any },
      { a: optional(any), '*': any },
      [['/*', 'frees "a", constrained above']],
    ],
    [
      'a dropped name, still open',
      { '*': any },
      { a: one, '*': any },
      [['', 'drops "a", which is required above']],
    ],
    ['a kept name, no longer open', { a: one }, { a: small, '*': any }, []],
    [
      'several at once, in order',
      { a: optional(small), c: one, '*': any },
      { a: one, b: one },
      [
        ['/a', required],
        ['/c', unadmitted],
        ['/*', unadmitted],
        ['', 'drops "b", which is required above'],
      ],
    ],
    ['an inherited property is no name', { constructor: one }, {}, [['/constructor', unadmitted]]],
  ]
  it.each(rows)('%s', (_name, child, parent, widenings) => {
    const expected = widenings.map(([pointer, detail]) => ({ pointer, detail }))
    expect(argumentWidenings(child, parent)).toEqual(expected)
    expect(mapProves(child, parent)).toBe(widenings.length === 0)
  })
})
