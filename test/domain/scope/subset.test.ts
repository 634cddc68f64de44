import { describe, expect, it } from 'vitest'
import { meet } from '../../../src/domain/scope/meet.ts'
import { provesWithin } from '../../../src/domain/scope/prove.ts'
import { within, witnessesOf } from '../../../src/domain/scope/subset.ts'
import type { Grant, GrantRequest } from '../../../src/domain/scope/types.ts'
import { ask, EXAMPLE, httpGrant, PARENT, scopeOf, toolGrant } from './documents.ts'

const UNCOVERED = 'is not covered by an entry of the parent'
const reason = (pointer: string, detail: string) => ({ pointer, code: 'not_narrower', detail })

describe('each dimension of an http grant', () => {
  const parent = httpGrant({
    schemes: ['https'],
    hosts: ['**.a.example', 'b.example'],
    ports: [443, 8443],
    methods: ['GET', 'POST'],
    paths: ['/r/**', '/s/*'],
    query: { q: { constraint_type: 'range', max: 5 } },
    body: { max_bytes: 10 },
  })
  type Row = readonly [Partial<Grant>, readonly (readonly [string, string])[]]
  const rows: readonly Row[] = [
    [{}, []],
    [{ schemes: ['https'] }, []],
    [{ schemes: ['http', 'https'] }, [['/schemes/0', UNCOVERED]]],
    [{ hosts: ['x.a.example', 'b.example'] }, []],
    [{ hosts: ['a.example'] }, [['/hosts/0', UNCOVERED]]],
    [
      { hosts: ['*.b.example', 'b.example', '**.c.example'] },
      [
        ['/hosts/0', UNCOVERED],
        ['/hosts/2', UNCOVERED],
      ],
    ],
    [{ ports: [8443] }, []],
    [{ ports: [443, 80] }, [['/ports/1', UNCOVERED]]],
    [{ methods: ['GET'] }, []],
    [{ methods: ['get'] }, [['/methods/0', UNCOVERED]]],
    [{ methods: ['GET', 'HEAD'] }, [['/methods/1', UNCOVERED]]],
    [{ paths: ['/r/x', '/s/y'] }, []],
    [{ paths: ['/r/x', '/**'] }, [['/paths/1', UNCOVERED]]],
    [{ query: 'none' }, [['/query', 'the parent requires a query parameter']]],
    [{ query: 'any' }, [['/query', 'the parent constrains the query']]],
    [
      { query: { q: { constraint_type: 'wildcard' } } },
      [['/query/q', 'is not within the constraint of the parent']],
    ],
    [{ body: 'none' }, []],
    [{ body: 'any' }, [['/body', 'the parent has a rule on the body']]],
    [{ body: { max_bytes: 11 } }, [['/body/max_bytes', 'the parent allows at most 10']]],
    [{ private_net: true }, [['/private_net', 'is off in the parent']]],
    [{ private_net: false, encoded_slash: false }, []],
    [{ encoded_slash: true }, [['/encoded_slash', 'is off in the parent']]],
    [
      { methods: ['PUT'], ports: [1], private_net: true },
      [
        ['/ports/0', UNCOVERED],
        ['/methods/0', UNCOVERED],
        ['/private_net', 'is off in the parent'],
      ],
    ],
  ]
  it.each(rows)('%j', (dimensions, widened) => {
    const verdict = within(
      ask([{ type: 'http', ...dimensions } as GrantRequest]),
      scopeOf([parent]),
    )
    const reasons = widened.map(([pointer, detail]) => reason(`/grants/0${pointer}`, detail))
    expect(verdict).toEqual(
      reasons.length === 0 ? { within: true, witnesses: [0] } : { within: false, reasons },
    )
    const explicit = scopeOf([{ ...parent, ...dimensions } as Grant])
    expect(provesWithin(explicit, scopeOf([parent]))).toBe(reasons.length === 0)
  })

  it('flags that are on above may be turned off below', () => {
    const free = scopeOf([{ ...parent, private_net: true, encoded_slash: true }])
    const shut = { type: 'http', private_net: false, encoded_slash: false } as const
    expect(within(ask([shut]), free).within).toBe(true)
    expect(within(ask([{ ...shut, private_net: true }]), free).within).toBe(true)
  })
})

describe('each dimension of a tool grant', () => {
  const parent = toolGrant({ arguments: { q: { constraint_type: 'wildcard' } } })
  const rows: readonly (readonly [object, readonly (readonly [string, string])[]])[] = [
    [{}, []],
    [{ server: 'https://s.example' }, []],
    [{ server: 'https://s.example/' }, [['/server', 'is not the server of the parent']]],
    [{ tool: 't' }, []],
    [{ tool: 'T' }, [['/tool', 'is not the tool of the parent']]],
    [{ arguments: { q: { constraint_type: 'exact', value: 1 } } }, []],
    [{ arguments: {} }, [['/arguments', 'drops "q", which is required above']]],
    [
      { arguments: { q: { constraint_type: 'wildcard' }, 'a/b': { constraint_type: 'wildcard' } } },
      [['/arguments/a~1b', 'is an argument the parent does not admit']],
    ],
  ]
  it.each(rows)('%j', (dimensions, widened) => {
    const verdict = within(ask([{ type: 'tool', ...dimensions }]), scopeOf([parent]))
    const reasons = widened.map(([pointer, detail]) => reason(`/grants/0${pointer}`, detail))
    expect(verdict).toEqual(
      reasons.length === 0 ? { within: true, witnesses: [0] } : { within: false, reasons },
    )
    const explicit = scopeOf([{ ...parent, ...dimensions }])
    expect(provesWithin(explicit, scopeOf([parent]))).toBe(reasons.length === 0)
  })
})

describe('single witness', () => {
  const parent = scopeOf([
    httpGrant({ hosts: ['a.example'], methods: ['GET'] }),
    httpGrant({ hosts: ['b.example'], methods: ['POST'] }),
    toolGrant(),
    httpGrant({ hosts: ['**.a.example', 'a.example'], methods: ['GET', 'PUT'] }),
  ])

  it('names the first parent grant that covers each child grant', () => {
    const child = ask([
      { type: 'tool' },
      { type: 'http', methods: ['POST'] },
      { type: 'http' },
      { type: 'http', methods: ['PUT'] },
    ])
    expect(within(child, parent)).toEqual({ within: true, witnesses: [2, 1, 0, 3] })
  })

  it('never joins the hosts of one parent grant with the methods of another', () => {
    const child = ask([{ type: 'http', hosts: ['a.example'], methods: ['POST'] }])
    expect(within(child, parent)).toMatchObject({ within: false })
    expect(provesWithin(scopeOf([httpGrant({ methods: ['POST'] })]), parent)).toBe(false)
  })

  it('never covers one child grant by two parent grants together', () => {
    const split = scopeOf([httpGrant({ methods: ['GET'] }), httpGrant({ methods: ['PUT'] })])
    const both = httpGrant({ methods: ['GET', 'PUT'] })
    expect(within(ask([both]), split)).toEqual({
      within: false,
      reasons: [reason('/grants/0/methods/1', UNCOVERED)],
    })
    expect(provesWithin(scopeOf([both]), split)).toBe(false)
  })

  it('tells the reasons against the nearest grant: fewest dimensions, not fewest entries', () => {
    const near = scopeOf([
      httpGrant({ hosts: ['x.example'], ports: [1] }),
      httpGrant({ paths: ['/x'] }),
      httpGrant({ paths: ['/y'] }),
    ])
    const child = ask([
      { type: 'http', hosts: ['a.example'], ports: [443], paths: ['/a', '/b', '/x'] },
    ])
    expect(within(child, near)).toEqual({
      within: false,
      reasons: [
        reason('/grants/0/paths/0', UNCOVERED),
        reason('/grants/0/paths/1', UNCOVERED),
      ].concat([]),
    })
  })

  it('of equally near grants one for the same tool or host, and then the first', () => {
    const args = { q: { constraint_type: 'wildcard' } } as const
    const tools = scopeOf([
      toolGrant({ tool: 'u', arguments: args }),
      toolGrant({ server: 'https://x.example', arguments: args }),
      toolGrant(),
    ])
    expect(within(ask([toolGrant({ arguments: args })]), tools)).toMatchObject({
      reasons: [{ pointer: '/grants/0/arguments/q' }],
    })
    const hosts = scopeOf([
      httpGrant({ hosts: ['x.example'] }),
      httpGrant({ ports: [1] }),
      httpGrant({ methods: ['PUT'] }),
    ])
    expect(within(ask([httpGrant()]), hosts)).toMatchObject({
      reasons: [{ pointer: '/grants/0/ports/0' }],
    })
  })

  it('a parent without a grant of that type', () => {
    const none = 'the parent has no grant of this type'
    expect(within(ask([{ type: 'tool' }]), scopeOf([httpGrant()]))).toEqual({
      within: false,
      reasons: [reason('/grants/0', none)],
    })
    expect(within(ask([{ type: 'http' }]), scopeOf([]))).toEqual({
      within: false,
      reasons: [reason('/grants/0', none)],
    })
    expect(provesWithin(scopeOf([httpGrant()]), scopeOf([toolGrant()]))).toBe(false)
    expect(provesWithin(scopeOf([toolGrant()]), scopeOf([httpGrant()]))).toBe(false)
  })

  it('all witnesses of a grant, in order', () => {
    expect([...witnessesOf({ type: 'http', hosts: ['a.example'] }, parent)]).toEqual([0, 3])
    expect([...witnessesOf({ type: 'http' }, parent)]).toEqual([0, 1, 3])
  })
})

it('the example of the protocol is within itself, and tells what widened', () => {
  expect(within(EXAMPLE, PARENT)).toEqual({ within: true, witnesses: [0, 1] })
  const wide = ask([{ type: 'http', paths: ['/repos/acme/x', '/repos/**'] }])
  expect(within(wide, PARENT)).toEqual({
    within: false,
    reasons: [reason('/grants/0/paths/1', UNCOVERED)],
  })
})

it('T-01: an empty list is nothing, never everything', () => {
  const nothing = scopeOf([httpGrant({ hosts: [], paths: [] })])
  expect(within(nothing, scopeOf([httpGrant()])).within).toBe(true)
  expect(within(ask([{ type: 'http', hosts: ['a.example'] }]), nothing).within).toBe(false)
})

it('T-03: an absent limit of a child is the limit of its parent', () => {
  const met = meet(ask([{ type: 'http' }]), PARENT)
  expect(met.ok && met.value.limits).toEqual(PARENT.limits)
})
