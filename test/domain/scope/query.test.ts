import { describe, expect, it } from 'vitest'
import { provesWithin } from '../../../src/domain/scope/prove.ts'
import {
  objectionToQuery,
  type QueryRule,
  queryWidenings,
} from '../../../src/domain/scope/query.ts'
import type { ArgumentConstraint } from '../../../src/domain/scope/types.ts'
import { httpGrant, scopeOf } from './documents.ts'

const any: ArgumentConstraint = { constraint_type: 'wildcard' }
const exact = (value: string): ArgumentConstraint => ({ constraint_type: 'exact', value })
const upTo: ArgumentConstraint = { constraint_type: 'range', min: -5, max: 10 }

describe('objectionToQuery', () => {
  const twofold = 'the query can not be read in only one way'
  const unnamed = 'a query parameter is not an argument the scope names'
  const unsatisfied = 'a query parameter does not satisfy the constraint on it'
  const lacking = 'a query parameter lacks an argument the scope requires'
  const rows: readonly (readonly [QueryRule, string | undefined, string | undefined])[] = [
    ['any', undefined, undefined],
    ['any', 'a=1&a=2&&;%ff', undefined],
    ['none', undefined, undefined],
    ['none', '', 'no query is allowed'],
    ['none', 'a', 'no query is allowed'],
    [{}, undefined, undefined],
    [{}, '', undefined],
    [{}, 'a', unnamed],
    [{ '*': any }, 'a=1&b', undefined],
    [{ a: any }, undefined, lacking],
    [{ a: any }, '', lacking],
    [{ a: any }, 'a=1&b=2', unnamed],
    [{ a: any }, 'A=1', unnamed],
    [{ a: any }, 'a=1&a=1', twofold],
    [{ a: any }, 'a=1&%61=2', twofold],
    [{ a: any }, 'a=1&', twofold],
    [{ a: any }, '&a=1', twofold],
    [{ '*': any }, 'a=1&&b=2', twofold],
    [{ '*': any }, 'a=1;b=2', twofold],
    [{ a: any }, 'a=%FF', twofold],
    [{ a: any }, 'a=%C0%AF', twofold],
    [{ '*': any }, '%FF=a', twofold],
    [{ a: exact('') }, 'a', undefined],
    [{ a: exact('') }, 'a=', undefined],
    [{ a: exact('x=y') }, 'a=x=y', undefined],
    [{ a: exact('x y') }, 'a=x+y', undefined],
    [{ a: exact('x y') }, 'a=x%20y', undefined],
    [{ a: exact('x+y') }, 'a=x%2By', undefined],
    [{ a: exact('x+y') }, 'a=x+y', unsatisfied],
    [{ 'a b': exact('é') }, 'a+b=%C3%A9', undefined],
    [{ a: exact('/&=') }, 'a=%2F%26%3D', undefined],
    [{ a: exact('x') }, 'a=y', unsatisfied],
    [{ a: upTo }, 'a=10', undefined],
    [{ a: upTo }, 'a=-5', undefined],
    [{ a: upTo }, 'a=0.5', undefined],
    [{ a: upTo }, 'a=11', unsatisfied],
    [{ a: upTo }, 'a=-6', unsatisfied],
    [{ a: upTo }, 'a=010', unsatisfied],
    [{ a: upTo }, 'a=1.0', unsatisfied],
    [{ a: upTo }, 'a=-0', unsatisfied],
    [{ a: upTo }, 'a=1e1', unsatisfied],
    [{ a: upTo }, 'a=0x1', unsatisfied],
    [{ a: upTo }, 'a=+5', unsatisfied],
    [{ a: upTo }, 'a=', unsatisfied],
    [{ a: upTo }, 'a=NaN', unsatisfied],
    [{ a: { constraint_type: 'range', min: 0 } }, 'a=NaN', unsatisfied],
    [{ a: { constraint_type: 'range', min: 0 } }, 'a=Infinity', unsatisfied],
    [{ a: { constraint_type: 'not_one_of', excluded: ['x'] } }, 'a=x', unsatisfied],
    [{ a: { constraint_type: 'all', constraints: [upTo, exact('5')] } }, 'a=5', undefined],
    [{ a: { constraint_type: 'all', constraints: [upTo, exact('5')] } }, 'a=6', unsatisfied],
    [{ a: { constraint_type: 'any', constraints: [upTo, exact('x')] } }, 'a=x', undefined],
    [{ a: { constraint_type: 'any', constraints: [upTo, exact('x')] } }, 'a=6', undefined],
    [{ a: { constraint_type: 'any', constraints: [upTo, exact('x')] } }, 'a=z', unsatisfied],
  ]
  it.each(rows)('%j given %j', (rule, query, detail) => {
    expect(objectionToQuery(rule, query)).toEqual(detail && { pointer: '', detail })
  })
})

describe('queryWidenings (18.4), and the second checker', () => {
  const optional = { a: { ...any, optional: true } }
  const rows: readonly (readonly [QueryRule, QueryRule, string | undefined])[] = [
    ['any', 'any', undefined],
    ['none', 'any', undefined],
    [{ a: any }, 'any', undefined],
    ['none', 'none', undefined],
    ['any', 'none', 'the parent allows no query'],
    [{}, 'none', 'the parent allows no query'],
    ['any', {}, 'the parent constrains the query'],
    ['none', {}, undefined],
    ['none', optional, undefined],
    ['none', { a: any }, 'the parent requires a query parameter'],
    [{ a: exact('x') }, optional, undefined],
    [optional, { a: any }, 'is required by the parent'],
  ]
  it.each(rows)('%j under %j', (child, parent, detail) => {
    expect(queryWidenings(child, parent).map((o) => o.detail)).toEqual(detail ? [detail] : [])
    const of = (query: QueryRule) => scopeOf([httpGrant({ query })])
    expect(provesWithin(of(child), of(parent))).toBe(detail === undefined)
  })

  it('points at the parameter', () => {
    expect(queryWidenings(optional, { a: any })[0]?.pointer).toBe('/a')
    expect(queryWidenings('any', {})[0]?.pointer).toBe('')
  })
})
