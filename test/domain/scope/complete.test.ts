import { describe, expect, it } from 'vitest'
import { completeRoot, parseRoot, parseScope } from '../../../src/domain/scope/complete.ts'
import { permits } from '../../../src/domain/scope/permit.ts'
import { ask, EXAMPLE, PARENT } from './documents.ts'

const DEFAULTS = {
  audiences: [],
  limits: {
    ttl_seconds: 600,
    max_uses: 100,
    max_depth: 0,
    max_children: 10,
    budgets: [],
    rate: 'unlimited',
  },
  requires: {
    approval: false,
    attestation_min: 'none',
    attestation_max_age_seconds: 'any',
    dpop: false,
    bind_request: false,
    read_only: false,
  },
  delegation: { allowed: false, delegates: [] },
}
const HTTP = {
  type: 'http',
  schemes: ['https'],
  hosts: ['a.example'],
  ports: [443],
  methods: ['GET'],
  paths: ['/x'],
  query: 'any',
  body: 'any',
  private_net: false,
  encoded_slash: false,
}

describe('completeRoot takes the strictest sensible value for what is missing', () => {
  const request = ask([
    { type: 'http', hosts: ['a.example'], paths: ['/x'] },
    { type: 'tool', server: 's', tool: 't' },
  ])

  it('everywhere', () => {
    const tool = { type: 'tool', server: 's', tool: 't', arguments: {} }
    const scope = completeRoot(request)
    expect(scope).toEqual({ type: 'urn:writ:scope:v1', grants: [HTTP, tool], ...DEFAULTS })
    expect(parseScope(scope)).toEqual({ ok: true, value: scope })
  })

  it('one audience, when there is one to take', () => {
    expect(completeRoot(request, ['https://gateway.example']).audiences).toEqual([
      'https://gateway.example',
    ])
    expect(completeRoot({ ...request, audiences: ['a'] }, ['b']).audiences).toEqual(['a'])
  })

  it('and leaves everything else as it is', () => {
    const { grants, ...beside } = EXAMPLE
    expect(completeRoot(EXAMPLE)).toEqual({
      ...beside,
      grants: [{ ...grants[0], body: 'any' }, grants[1]],
    })
    expect(completeRoot(PARENT)).toEqual(PARENT)
    const partial = completeRoot(
      ask([], {
        limits: { max_depth: 3 },
        requires: { dpop: true },
        delegation: { allowed: true },
      }),
    )
    expect(partial).toMatchObject({
      limits: { ...DEFAULTS.limits, max_depth: 3 },
      requires: { ...DEFAULTS.requires, dpop: true },
      delegation: { allowed: true, delegates: [] },
    })
  })

  it('a grant that names nothing covers nothing', () => {
    const nothing = completeRoot(ask([{ type: 'http' }, { type: 'tool' }]))
    expect(nothing.grants).toMatchObject([
      { hosts: [], paths: [] },
      { server: '', tool: '' },
    ])
    const request = { type: 'http', method: 'GET', target: 'https://a.example/' } as const
    expect(permits(nothing, request).permitted).toBe(false)
    expect(parseScope(nothing).ok).toBe(false)
  })
})

describe('parseRoot', () => {
  it('reads and completes', () => {
    const document = { grants: [{ type: 'http', hosts: ['a.example'], paths: ['/x'] }] }
    expect(parseRoot(document)).toEqual({
      ok: true,
      value: { type: 'urn:writ:scope:v1', grants: [HTTP], ...DEFAULTS },
    })
  })

  it.each([
    ['/grants/0/hosts', [{ type: 'http', paths: ['/'] }]],
    ['/grants/0/paths', [{ type: 'http', hosts: ['a.example'] }]],
    ['/grants/0/server', [{ type: 'tool', tool: 't' }]],
    [
      '/grants/1/tool',
      [
        { type: 'tool', server: 's', tool: 't' },
        { type: 'tool', server: 's' },
      ],
    ],
  ])('refuses a root grant without %s', (pointer, grants) => {
    expect(parseRoot({ grants })).toEqual({
      ok: false,
      pointer,
      detail: 'a root grant has to name it',
    })
  })

  it('refuses what is malformed at all', () => {
    expect(parseRoot({ grants: 1 })).toEqual({
      ok: false,
      pointer: '/grants',
      detail: 'not a list',
    })
  })
})
