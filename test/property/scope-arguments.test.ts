import { describe, expect, it } from 'vitest'
import {
  admitsNone,
  argumentWidenings,
  objectionToJson,
} from '../../src/domain/scope/argument-map.ts'
import { satisfies, subsumes } from '../../src/domain/scope/constraint.ts'
import { mapProves } from '../../src/domain/scope/prove-arguments.ts'
import { objectionToQuery, queryWidenings } from '../../src/domain/scope/query.ts'
import type { ArgumentConstraint, ArgumentMap, Json } from '../../src/domain/scope/types.ts'
import { compare, extents } from './scope-bits.ts'

const scalars: readonly Json[] = [0, 1, 2, 'a', '1', true, null]
const lists: readonly (readonly Json[])[] = [[], [0], [1], [0, 1], [0, 0], [1, 'a'], [[0]]]
const longer: readonly Json[] = [
  [0, 1, 'a'],
  [[0], 0],
  [[0], 0, 1],
]
const values: readonly Json[] = [...scalars, -1, 0.5, 1.5, 3, 'b', { a: 0 }, ...lists, ...longer]

const bounds = [undefined, 0, 1]
const ranges: ArgumentConstraint[] = bounds.flatMap((min) =>
  bounds.flatMap((max) =>
    [true, false].flatMap((min_inclusive) =>
      [true, false].flatMap((max_inclusive): ArgumentConstraint[] => {
        const backwards = min !== undefined && max !== undefined && min > max
        const idle = (min === undefined && !min_inclusive) || (max === undefined && !max_inclusive)
        if (backwards || idle) return []
        const low = min === undefined ? {} : { min, min_inclusive }
        const high = max === undefined ? {} : { max, max_inclusive }
        return [{ constraint_type: 'range', ...low, ...high }]
      }),
    ),
  ),
)
const sets: readonly (readonly Json[])[] = [[0], [0, 1], [1, 0, 1], [1, 'a'], [0, 1, 'a'], [[0], 0]]
const wildcard: ArgumentConstraint = { constraint_type: 'wildcard' }
const plain: readonly ArgumentConstraint[] = [
  wildcard,
  ...scalars.map((value): ArgumentConstraint => ({ constraint_type: 'exact', value })),
  ...ranges,
  ...sets.map((of): ArgumentConstraint => ({ constraint_type: 'one_of', values: of })),
  ...[[], ...sets].map(
    (of): ArgumentConstraint => ({ constraint_type: 'not_one_of', excluded: of }),
  ),
  ...[[], ...sets].map((of): ArgumentConstraint => ({ constraint_type: 'contains', required: of })),
  ...[[], ...sets].map((of): ArgumentConstraint => ({ constraint_type: 'subset', allowed: of })),
]
const clauses = plain.filter((_constraint, index) => index % 3 === 0)
const nested: readonly ArgumentConstraint[] = (['all', 'any'] as const).flatMap((constraint_type) =>
  clauses.flatMap((first, i) => [
    { constraint_type, constraints: [first] },
    ...clauses.slice(i + 1).map((second) => ({ constraint_type, constraints: [first, second] })),
  ]),
)
const deeper: readonly ArgumentConstraint[] = nested
  .filter((_constraint, index) => index % 11 === 0)
  .flatMap((inner): ArgumentConstraint[] => [
    { constraint_type: 'all', constraints: [inner, wildcard] },
    { constraint_type: 'any', constraints: [inner, { constraint_type: 'exact', value: 2 }] },
  ])
const constraints = [...plain, ...nested, ...deeper]

/** What a constraint means, written down a second time, by sets of texts. */
function means(constraint: ArgumentConstraint, value: Json): boolean {
  const text = (json: Json) => JSON.stringify(json)
  const among = (list: readonly Json[], json: Json) => list.map(text).includes(text(json))
  switch (constraint.constraint_type) {
    case 'wildcard':
      return true
    case 'exact':
      return text(constraint.value) === text(value)
    case 'one_of':
      return among(constraint.values, value)
    case 'not_one_of':
      return !among(constraint.excluded, value)
    case 'contains':
      return Array.isArray(value) && constraint.required.every((item) => among(value, item))
    case 'subset':
      return Array.isArray(value) && value.every((item) => among(constraint.allowed, item))
    case 'range': {
      if (typeof value !== 'number') return false
      const { min = -Infinity, max = Infinity } = constraint
      const low = constraint.min_inclusive === false ? value > min : value >= min
      const high = constraint.max_inclusive === false ? value < max : value <= max
      return low && high
    }
    case 'all':
      return !constraint.constraints.some((clause) => !means(clause, value))
    case 'any':
      return constraint.constraints.filter((clause) => means(clause, value)).length > 0
  }
}

describe('I4 for argument constraints, against every value of a small world', () => {
  const meaning = extents(constraints, values, means)

  it('checks a value exactly as the constraint means it', () => {
    expect(extents(constraints, values, satisfies)).toEqual(meaning)
  })

  it('never subsumes a constraint that admits one value more', () => {
    const found = compare(constraints, meaning, subsumes)
    expect(found.pairs).toBeGreaterThan(90_000)
    expect(found.unsound).toEqual([])
  })

  it('is complete for a type under itself, and for exact values but under not_one_of', () => {
    const found = compare(plain, extents(plain, values, means), subsumes)
    const nothing = (c: ArgumentConstraint) => !values.some((value) => means(c, value))
    const missed = found.incomplete.filter(([parent, child]) => {
      const listed = parent.constraint_type === child.constraint_type
      return (listed || child.constraint_type === 'exact') && !nothing(child)
    })
    // The table has no exact value under these, though it would be sound.
    const left = new Set(missed.map(([p, c]) => `${p.constraint_type} > ${c.constraint_type}`))
    expect([...left]).toEqual(['not_one_of > exact'])
  })

  it('is decided alike by the second checker', () => {
    const unlike: unknown[] = []
    for (const parent of constraints) {
      for (const child of constraints) {
        if (subsumes(parent, child) !== mapProves({ x: child }, { x: parent })) {
          unlike.push([parent, child])
        }
      }
    }
    expect(unlike).toEqual([])
  })

  it('is reflexive and transitive', () => {
    const few = constraints.filter((_constraint, index) => index % 5 === 0)
    expect(constraints.filter((constraint) => !subsumes(constraint, constraint))).toEqual([])
    const broken = few.flatMap((a) =>
      few
        .filter((b) => subsumes(a, b))
        .flatMap((b) => few.filter((c) => subsumes(b, c) && !subsumes(a, c))),
    )
    expect(broken).toEqual([])
  })
})

const standing: readonly (ArgumentConstraint | undefined)[] = [
  undefined,
  ...[false, true].flatMap((optional): ArgumentConstraint[] => [
    { ...wildcard, optional },
    { constraint_type: 'range', min: 1, optional },
    { constraint_type: 'one_of', values: [0, 1], optional },
    { constraint_type: 'exact', value: 1, optional },
  ]),
]
const maps: readonly ArgumentMap[] = standing.flatMap((x) =>
  standing.flatMap((y) =>
    [undefined, wildcard].map((rest) => ({
      ...(x && { x }),
      ...(y && { y }),
      ...(rest && { '*': rest }),
    })),
  ),
)
const choices: readonly (Json | undefined)[] = [undefined, 0, 1, 2, 'a']
const calls = choices.flatMap((x) =>
  choices.flatMap((y) =>
    [undefined, 0].map((z) => ({
      ...(x !== undefined && { x }),
      ...(y !== undefined && { y }),
      ...(z !== undefined && { z }),
    })),
  ),
)

/** What a map means, written down a second time. */
function admits(map: ArgumentMap, call: { readonly [name: string]: Json }): boolean {
  const known = new Set([...Object.keys(map), ...Object.keys(call)])
  known.delete('*')
  return [...known].every((name) => {
    const constraint = map[name]
    const value = call[name]
    if (constraint === undefined) return map['*'] !== undefined
    return value === undefined ? constraint.optional === true : means(constraint, value)
  })
}

describe('I4 for argument maps, against every call of a small world', () => {
  const meaning = extents(maps, calls, admits)

  it('admits a call exactly when the map means it', () => {
    const decided = extents(maps, calls, (map, call) => objectionToJson(map, call) === undefined)
    expect(decided).toEqual(meaning)
    expect(maps.map(admitsNone)).toEqual(maps.map((map) => admits(map, {})))
  })

  it('never covers a map that admits one call more, and is complete but for a freed name', () => {
    const covers = (p: ArgumentMap, c: ArgumentMap) => argumentWidenings(c, p).length === 0
    const found = compare(maps, meaning, covers)
    expect(found.pairs).toBeGreaterThan(26_000)
    expect(found.unsound).toEqual([])
    const unexplained = found.incomplete.filter(([parent, child]) => {
      // AAT §4.5 refuses it even where the parent's constraint is a wildcard itself.
      const freed = ['x', 'y'].some(
        (name) => parent[name] !== undefined && child[name] === undefined,
      )
      return !(freed && child['*'] !== undefined)
    })
    // A required range or choice that only looks different from an exact value in this world.
    const shapes = unexplained.filter(([parent, child]) =>
      ['x', 'y'].every((name) => {
        const [above, below] = [parent[name], child[name]]
        return above === undefined || below === undefined || subsumes(above, below)
      }),
    )
    expect(shapes).toEqual([])
  })

  it('is decided alike by the second checker', () => {
    const unlike = maps.flatMap((parent) =>
      maps.filter(
        (child) => (argumentWidenings(child, parent).length === 0) !== mapProves(child, parent),
      ),
    )
    expect(unlike).toEqual([])
  })
})

const texts = ['', '0', '1', '1.0', '01', '-0', '2', 'a', '1e0', ' ']
const textual: readonly ArgumentConstraint[] = [
  wildcard,
  ...ranges,
  ...['1', 'a', ''].map((value): ArgumentConstraint => ({ constraint_type: 'exact', value })),
  ...[['1'], ['1', 'a']].flatMap((list): ArgumentConstraint[] => [
    { constraint_type: 'one_of', values: list },
    { constraint_type: 'not_one_of', excluded: list },
  ]),
]
const clausal = textual.flatMap((first, i) =>
  (['all', 'any'] as const).flatMap((constraint_type): ArgumentConstraint[] =>
    textual.slice(i, i + 3).map((second) => ({ constraint_type, constraints: [first, second] })),
  ),
)
const rules = [
  'any' as const,
  'none' as const,
  {},
  ...[...textual, ...clausal].flatMap((p) => [{ p }, { p: { ...p, optional: true } }]),
]
const queries = [
  undefined,
  '',
  ...texts.flatMap((text) => [`p=${encodeURIComponent(text)}`]),
  'q=1',
  'p',
]

describe('I4 for query rules, against every query of a small world', () => {
  it('never covers a rule that admits one query more', () => {
    const admitted = extents(rules, queries, (rule, query) => !objectionToQuery(rule, query))
    const covers = (p: (typeof rules)[number], c: (typeof rules)[number]) =>
      queryWidenings(c, p).length === 0
    const found = compare(rules, admitted, covers)
    expect(found.pairs).toBeGreaterThan(30_000)
    expect(found.unsound).toEqual([])
  })
})
