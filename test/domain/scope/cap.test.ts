import { describe, expect, it } from 'vitest'
import { cap } from '../../../src/domain/scope/meet.ts'
import type { GrantRequest, HttpGrant } from '../../../src/domain/scope/types.ts'
import { ask, httpGrant, refusedAt as refused, scopeOf, toolGrant } from './documents.ts'

const wildcard = { constraint_type: 'wildcard' } as const

describe('cap', () => {
  it('of no ceiling is nothing', () => {
    expect(cap(ask([]), [])).toEqual({
      ok: false,
      refusal: { code: 'not_narrower', facts: { ceilings: 0 }, reasons: [] },
    })
  })

  it('tells which ceiling is too low', () => {
    const low = scopeOf([httpGrant()], { limits: { max_uses: 1 } })
    const high = scopeOf([httpGrant()], { limits: { max_uses: 9 } })
    expect(cap(ask([], { limits: { max_uses: 5 } }), [high, low])).toMatchObject({
      refusal: { facts: { ceiling: 1 }, reasons: [{ pointer: '/limits/max_uses' }] },
    })
  })

  const all = ask([{ type: 'http' }])
  const one = (dimensions: Partial<HttpGrant>) => scopeOf([httpGrant(dimensions)])
  const grants: readonly (readonly [
    Partial<HttpGrant>,
    Partial<HttpGrant>,
    Partial<HttpGrant> | undefined,
  ])[] = [
    [{ schemes: ['https', 'http'] }, { schemes: ['http'] }, { schemes: ['http'] }],
    [{ schemes: ['https'] }, { schemes: ['http'] }, undefined],
    [
      { hosts: ['**.a.example', 'b.example'] },
      { hosts: ['*.a.example', 'x.b.example'] },
      { hosts: ['*.a.example'] },
    ],
    [
      { hosts: ['x.a.example', 'b.example'] },
      { hosts: ['**.a.example', 'b.example'] },
      { hosts: ['x.a.example', 'b.example'] },
    ],
    [{ hosts: ['a.example'] }, { hosts: ['b.example'] }, undefined],
    [{ ports: [443, 80] }, { ports: [80, 443, 1] }, { ports: [443, 80] }],
    [{ ports: [443] }, { ports: [80] }, undefined],
    [{ methods: ['GET', 'PUT'] }, { methods: ['PUT', 'DELETE'] }, { methods: ['PUT'] }],
    [{ methods: ['GET'] }, { methods: ['get'] }, undefined],
    [{ paths: ['/a/*', '/b'] }, { paths: ['/*/c', '/**'] }, { paths: ['/a/c', '/a/*', '/b'] }],
    [{ paths: ['/a'] }, { paths: ['/b'] }, undefined],
    [{ query: 'any' }, { query: 'none' }, { query: 'none' }],
    [{ query: { p: wildcard } }, { query: 'any' }, { query: { p: wildcard } }],
    [{ query: { p: wildcard } }, { query: 'none' }, undefined],
    [{ query: { p: wildcard } }, { query: { q: wildcard } }, undefined],
    [{ body: { max_bytes: 5 } }, { body: { max_bytes: 3 } }, { body: { max_bytes: 3 } }],
    [{ body: 'none' }, { body: { max_bytes: 3 } }, { body: 'none' }],
    [{ body: { max_bytes: 5 } }, { body: { media_types: ['a/b'] } }, undefined],
    [
      { private_net: true, encoded_slash: true },
      { private_net: true, encoded_slash: true },
      { private_net: true, encoded_slash: true },
    ],
    [{ private_net: true, encoded_slash: true }, {}, {}],
    [{}, { private_net: true, encoded_slash: true }, {}],
  ]
  it.each(grants)('of %j and %j', (first, second, met) => {
    const granted = cap(all, [one(first), one(second)])
    if (met === undefined) expect(granted).toEqual(refused('/grants/0'))
    else expect(granted).toMatchObject({ ok: true, value: { grants: [httpGrant(met)] } })
  })

  it('keeps what the request says, as it says it', () => {
    const asked: GrantRequest = { type: 'http', hosts: ['x.a.example'], query: { p: wildcard } }
    const granted = cap(ask([asked]), [
      one({ hosts: ['**.a.example'] }),
      one({ hosts: ['*.a.example'], query: { p: wildcard } }),
    ])
    expect(granted).toMatchObject({ value: { grants: [httpGrant({ ...asked })] } })
  })

  it('takes the first pair of witnesses that have anything in common', () => {
    const first = scopeOf([httpGrant({ ports: [1] }), httpGrant({ ports: [2, 3] })])
    const second = scopeOf([httpGrant({ ports: [9] }), toolGrant(), httpGrant({ ports: [3] })])
    expect(cap(all, [first, second])).toMatchObject({
      ok: true,
      value: { grants: [httpGrant({ ports: [3] })] },
    })
    expect(cap(all, [first, second, one({ ports: [3, 4] })])).toMatchObject({
      value: { grants: [httpGrant({ ports: [3] })] },
    })
  })

  it('of two tools that are one within the other', () => {
    const call = ask([{ type: 'tool' }])
    const closed = toolGrant({ arguments: { q: wildcard } })
    const open = toolGrant({ arguments: { '*': wildcard } })
    for (const ceilings of [
      [open, closed],
      [closed, open],
    ]) {
      expect(
        cap(
          call,
          ceilings.map((grant) => scopeOf([grant])),
        ),
      ).toMatchObject({
        value: { grants: [closed] },
      })
    }
    const other = scopeOf([toolGrant({ tool: 'u' })])
    expect(cap(call, [scopeOf([open]), other])).toEqual(refused('/grants/0'))
    expect(
      cap(ask([{ type: 'tool', arguments: {} }]), [scopeOf([open]), scopeOf([open])]),
    ).toMatchObject({
      value: { grants: [toolGrant()] },
    })
  })

  it('refuses lists that outgrow what a scope may say', () => {
    const left = Array.from({ length: 9 }, (_, i) => `/${i}/*`)
    const right = Array.from({ length: 8 }, (_, i) => `/*/${i}`)
    const granted = cap(all, [one({ paths: left }), one({ paths: right })])
    expect(granted).toMatchObject({ ok: false, refusal: { code: 'too_large' } })
    expect(cap(all, [one({ paths: left.slice(1) }), one({ paths: right })]).ok).toBe(true)
  })
})
