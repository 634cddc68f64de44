import { describe, expect, it } from 'vitest'
import { satisfies, subsumes } from '../../../src/domain/scope/constraint.ts'
import { mapProves } from '../../../src/domain/scope/prove-arguments.ts'
import type { ArgumentConstraint, Json } from '../../../src/domain/scope/types.ts'

const wildcard: ArgumentConstraint = { constraint_type: 'wildcard' }
const exact = (value: Json): ArgumentConstraint => ({ constraint_type: 'exact', value })
const range = (bounds: object): ArgumentConstraint => ({ constraint_type: 'range', ...bounds })
const oneOf = (...values: Json[]): ArgumentConstraint => ({ constraint_type: 'one_of', values })
const not = (...excluded: Json[]): ArgumentConstraint => ({
  constraint_type: 'not_one_of',
  excluded,
})
const contains = (...required: Json[]): ArgumentConstraint => ({
  constraint_type: 'contains',
  required,
})
const subset = (...allowed: Json[]): ArgumentConstraint => ({ constraint_type: 'subset', allowed })
const all = (...constraints: ArgumentConstraint[]): ArgumentConstraint => ({
  constraint_type: 'all',
  constraints,
})
const some = (...constraints: ArgumentConstraint[]): ArgumentConstraint => ({
  constraint_type: 'any',
  constraints,
})

describe('satisfies (AAT §3.4)', () => {
  const rows: readonly (readonly [ArgumentConstraint, Json, boolean])[] = [
    [wildcard, null, true],
    [exact('a'), 'a', true],
    [exact('a'), 'A', false],
    [exact(1), true, false],
    [exact(0), false, false],
    [exact(null), null, true],
    [range({}), 5, true],
    [range({}), '5', false],
    [range({ min: 1 }), 1, true],
    [range({ min: 1 }), 0.999, false],
    [range({ min: 1, min_inclusive: false }), 1, false],
    [range({ min: 1, min_inclusive: false }), 1.001, true],
    [range({ max: 1 }), 1, true],
    [range({ max: 1 }), 1.001, false],
    [range({ max: 1, max_inclusive: false }), 1, false],
    [range({ max: 1, max_inclusive: false }), 0.999, true],
    [range({ max: 1 }), null, false],
    [range({ max: 1 }), [0], false],
    [oneOf('a', { b: 1, c: 2 }), { c: 2, b: 1 }, true],
    [oneOf('a'), 'b', false],
    [not('a'), 'b', true],
    [not('a'), 'a', false],
    [not(), 'a', true],
    [contains(1, [2]), [[2], 3, 1], true],
    [contains(1, 2), [1], false],
    [contains(), [], true],
    [contains(), 'x', false],
    [subset(1, 2), [2, 2], true],
    [subset(1, 2), [3], false],
    [subset(), [], true],
    [subset(), [1], false],
    [subset(1), 1, false],
    [all(range({ min: 1 }), range({ max: 2 })), 3, false],
    [all(range({ min: 1 }), range({ max: 2 })), 2, true],
    [some(exact(1), exact(2)), 2, true],
    [some(exact(1), exact(2)), 3, false],
  ]
  it.each(rows)('%j of %j: %s', (constraint, value, expected) => {
    expect(satisfies(constraint, value)).toBe(expected)
  })
})

describe('subsumes: the type table of AAT §4.5, and both checkers', () => {
  const rows: readonly (readonly [ArgumentConstraint, ArgumentConstraint, boolean])[] = [
    [wildcard, not(), true],
    [not(), wildcard, false],
    [exact(1), exact(1), true],
    [exact(1), exact(2), false],
    [exact(1), oneOf(1), false],
    [exact(1), range({ min: 1, max: 1 }), false],
    [range({}), range({}), true],
    [range({}), range({ min: 1, max: 2 }), true],
    [range({ min: 1 }), range({}), false],
    [range({ min: 1 }), range({ max: 2 }), false],
    [range({ min: 1 }), range({ min: 1 }), true],
    [range({ min: 1 }), range({ min: 2 }), true],
    [range({ min: 2 }), range({ min: 1 }), false],
    [range({ min: 1 }), range({ min: 1, min_inclusive: false }), true],
    [range({ min: 1, min_inclusive: false }), range({ min: 1 }), false],
    [range({ min: 1, min_inclusive: false }), range({ min: 1, min_inclusive: true }), false],
    [range({ min: 1, min_inclusive: false }), range({ min: 1, min_inclusive: false }), true],
    [range({ min: 1, min_inclusive: false }), range({ min: 1.5 }), true],
    [range({ max: 1 }), range({}), false],
    [range({ max: 1 }), range({ min: 0 }), false],
    [range({ max: 1 }), range({ max: 1 }), true],
    [range({ max: 1 }), range({ max: 2 }), false],
    [range({ max: 2 }), range({ max: 1 }), true],
    [range({ max: 1, max_inclusive: false }), range({ max: 1 }), false],
    [range({ max: 1, max_inclusive: false }), range({ max: 0.5 }), true],
    [range({ max: 1 }), range({ max: 1, max_inclusive: false }), true],
    [range({ max: 1, max_inclusive: false }), range({ max: 1, max_inclusive: false }), true],
    [range({ max: 5 }), exact(5), true],
    [range({ max: 5 }), exact(6), false],
    [range({ min: 5 }), exact(4), false],
    [range({ max: 5, max_inclusive: false }), exact(5), false],
    [range({}), exact('5'), false],
    [range({ max: 5 }), oneOf(1, 2), false],
    [oneOf(1, 2), oneOf(2), true],
    [oneOf(1, 2), oneOf(2, 3), false],
    [oneOf(1, 2), exact(1), true],
    [oneOf(1, 2), exact(3), false],
    [oneOf(1, 2), not(3), false],
    [oneOf('pdf', 'csv'), all(exact('pdf')), false],
    [not(1), not(1, 2), true],
    [not(1, 2), not(1), false],
    [not(), not(), true],
    [not(1), exact(2), false],
    [contains(1), contains(1, 2), true],
    [contains(1, 2), contains(1), false],
    [contains(1), subset(1), false],
    [subset(1, 2), subset(1), true],
    [subset(1, 2), subset(), true],
    [subset(1), subset(1, 2), false],
    [all(wildcard, wildcard), all(exact(5)), true],
    [all(range({ min: 0 }), not(3)), all(not(3), range({ min: 1 }), wildcard), true],
    [all(range({ min: 0 }), not(3)), all(range({ min: 1 })), false],
    [all(exact(1)), exact(1), false],
    [all(all(range({ max: 5 }))), all(all(exact(3))), true],
    [some(exact('pdf'), exact('csv'), exact('xlsx')), some(exact('pdf'), exact('csv')), true],
    [some(exact('pdf'), exact('csv')), some(exact('pdf'), exact('docx')), false],
    [some(oneOf('pdf', 'csv')), some(exact('pdf')), true],
    [some(exact(1)), exact(1), false],
    [some(exact(1)), all(exact(1)), false],
    [all(exact(1)), some(exact(1)), false],
  ]
  it.each(rows)('%j over %j: %s', (parent, child, expected) => {
    expect(subsumes(parent, child)).toBe(expected)
    expect(mapProves({ a: child }, { a: parent })).toBe(expected)
  })
})
