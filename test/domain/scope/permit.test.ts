import { describe, expect, it } from 'vitest'
import { explain } from '../../../src/domain/scope/explain.ts'
import { permits } from '../../../src/domain/scope/permit.ts'
import type { HttpGrant, RequestToJudge, Scope } from '../../../src/domain/scope/types.ts'
import { httpGrant, scopeOf, toolGrant } from './documents.ts'

const get = (target: string, method = 'GET'): RequestToJudge => ({ type: 'http', method, target })
const call = (server: string, tool: string, given = {}): RequestToJudge => ({
  type: 'tool',
  server,
  tool,
  arguments: given,
})
const denied = (...reasons: readonly (readonly [string, string])[]) => ({
  permitted: false,
  code: 'scope_not_granted',
  reasons: reasons.map(([pointer, detail]) => ({ pointer, code: 'scope_not_granted', detail })),
})

describe('permits, dimension by dimension', () => {
  const method = ['/method', 'the method is not allowed'] as const
  const scheme = ['/target', 'the scheme is not allowed'] as const
  const port = ['/target', 'the port is not allowed'] as const
  const host = ['/target', 'the host is not allowed'] as const
  const path = ['/target', 'the path is not allowed'] as const
  const slash = ['/target', 'an encoded slash is not allowed'] as const
  const address = ['/target', 'a private address is not allowed'] as const
  type Row = readonly [Partial<HttpGrant>, RequestToJudge, readonly (readonly [string, string])[]]
  const rows: readonly Row[] = [
    [{}, get('https://a.example/x'), []],
    [{}, get('https://A.Example:443/x?y'), []],
    [{}, get('https://a.example/x', 'HEAD'), [method]],
    [{}, get('https://a.example/x', 'get'), [method]],
    [{}, get('https://a.example/x', 'TRACE'), [method]],
    [{}, get('http://a.example:443/x'), [scheme]],
    [{}, get('http://a.example/x'), [scheme, port]],
    [{ schemes: ['http'], ports: [80] }, get('http://a.example/x'), []],
    [{}, get('https://a.example:8443/x'), [port]],
    [{}, get('https://b.example/x'), [host]],
    [{ hosts: ['b.example', '*.a.example'] }, get('https://x.a.example/'), []],
    [{ paths: ['/y', '/x'] }, get('https://a.example/x'), []],
    [{ paths: ['/x'] }, get('https://a.example/x/'), [path]],
    [{}, get('https://a.example/a%2Fb'), [slash]],
    [{ encoded_slash: true }, get('https://a.example/a%2Fb'), []],
    [{ hosts: ['127.0.0.1'] }, get('https://127.0.0.1/'), [address]],
    [{ hosts: ['[::1]'] }, get('https://[::1]/'), [address]],
    [{ hosts: ['127.0.0.1'], private_net: true }, get('https://127.0.0.1/'), []],
    [{ hosts: ['8.8.8.8'] }, get('https://8.8.8.8/'), []],
    [{ query: 'none' }, get('https://a.example/x?'), [['/target', 'no query is allowed']]],
    [
      { query: {} },
      get('https://a.example/x?a=1'),
      [['/target', 'a query parameter is not an argument the scope names']],
    ],
    [{ body: 'none' }, get('https://a.example/x'), [['/body', 'the body was not read']]],
    [
      { body: { max_bytes: 1 } },
      {
        type: 'http',
        method: 'GET',
        target: 'https://a.example/',
        body: { media_type: '', bytes: 2, text: 'ab' },
      },
      [['/body', 'the body is too large']],
    ],
    [
      { hosts: ['10.0.0.1'], query: 'none' },
      get('http://10.0.0.1/a%2Fb?x', 'PUT'),
      [method, scheme, port, slash, address, ['/target', 'no query is allowed']],
    ],
  ]
  it.each(rows)('%j: %j', (grant, request, reasons) => {
    const expected = reasons.length === 0 ? { permitted: true, grant: 0 } : denied(...reasons)
    expect(permits(scopeOf([httpGrant(grant)]), request)).toEqual(expected)
  })

  it.each([
    ['https://a.example/../x', 'the path has a dot segment'],
    ['https://u@a.example/', 'the host is not a canonical host'],
    ['/x', 'the target does not begin with https:// or http://'],
  ])('a target that is not canonical is malformed: %s', (target, detail) => {
    expect(permits(scopeOf([httpGrant()]), get(target))).toEqual({
      permitted: false,
      code: 'malformed',
      reasons: [{ pointer: '/target', code: 'malformed', detail }],
    })
  })
})

describe('the eight vectors of the Mission texts, in the stricter profile', () => {
  const scope = scopeOf([httpGrant({ paths: ['/orders', '/orders/**'] })])
  it.each([
    ['https://a.example/orders', true],
    ['https://a.example/orders/123', true],
    ['https://a.example:443/orders', true],
    ['https://A.EXAMPLE/orders', true],
    ['https://a.example/Orders', false],
    ['https://a.example/orders%2F123', false],
    ['https://a.example/ordersX', false],
    ['https://a.example/orders/%2e%2e/admin', false],
  ])('%s: %s', (target, permitted) => {
    expect(permits(scope, get(target)).permitted).toBe(permitted)
  })
})

describe('permits over several grants', () => {
  const scope = scopeOf([
    toolGrant({ tool: 'other' }),
    httpGrant({ methods: ['PUT'], hosts: ['b.example'] }),
    toolGrant({ arguments: { n: { constraint_type: 'range', max: 5 } } }),
    httpGrant({ methods: ['GET', 'PUT'] }),
    httpGrant(),
  ])

  it('names the first grant that covers the request', () => {
    expect(permits(scope, get('https://a.example/'))).toEqual({ permitted: true, grant: 3 })
    expect(permits(scope, get('https://b.example/', 'PUT'))).toEqual({ permitted: true, grant: 1 })
    expect(permits(scope, call('https://s.example', 't', { n: 5 }))).toEqual({
      permitted: true,
      grant: 2,
    })
  })

  it('never joins two grants', () => {
    expect(permits(scope, get('https://b.example/')).permitted).toBe(false)
  })

  it('objects with the nearest grant, the first of equals', () => {
    expect(permits(scope, get('https://c.example/', 'PUT'))).toEqual(
      denied(['/target', 'the host is not allowed']),
    )
    expect(permits(scope, get('https://b.example/'))).toEqual(
      denied(['/method', 'the method is not allowed']),
    )
    expect(permits(scope, call('https://s.example', 't', { n: 6 }))).toEqual(
      denied(['/arguments/n', 'does not satisfy the constraint on it']),
    )
    expect(permits(scope, call('https://s.example', 't'))).toEqual(
      denied(['/arguments', 'lacks an argument the scope requires']),
    )
    expect(permits(scope, call('https://x.example', 'u', { n: 1 }))).toEqual(
      denied(['/server', 'is another server'], ['/tool', 'is another tool']),
    )
    expect(permits(scopeOf([toolGrant()]), call('x', 'u', { n: 1 }))).toEqual(
      denied(
        ['/server', 'is another server'],
        ['/tool', 'is another tool'],
        ['/arguments/n', 'is not an argument the scope names'],
      ),
    )
  })

  it('a scope without a grant of the type', () => {
    const none = denied(['', 'the scope has no grant of this type'])
    expect(permits(scopeOf([]), get('https://a.example/'))).toEqual(none)
    expect(permits(scopeOf([toolGrant()]), get('https://a.example/'))).toEqual(none)
    expect(permits(scopeOf([httpGrant()]), call('https://s.example', 't'))).toEqual(none)
  })
})

describe('read_only', () => {
  const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'QUERY']
  const scope = scopeOf([httpGrant({ methods }), toolGrant()], { requires: { read_only: true } })

  it.each(['GET', 'HEAD', 'OPTIONS'])('lets %s pass', (method) => {
    expect(permits(scope, get('https://a.example/', method)).permitted).toBe(true)
  })

  it.each(['POST', 'PUT', 'DELETE', 'QUERY'])('refuses %s, although it is granted', (method) => {
    const detail = 'only GET, HEAD and OPTIONS are read-only'
    expect(permits(scope, get('https://a.example/', method))).toEqual(denied(['/method', detail]))
  })

  it('refuses every tool, since nobody knows what it does', () => {
    const detail = 'whether a tool only reads can not be known'
    expect(permits(scope, call('https://s.example', 't'))).toEqual(denied(['/tool', detail]))
  })
})

it('T-02: a grant whose paths are empty permits no path', () => {
  for (const dimension of ['schemes', 'hosts', 'ports', 'methods', 'paths']) {
    const scope = scopeOf([httpGrant({ [dimension]: [] })])
    expect(permits(scope, get('https://a.example/x')).permitted).toBe(false)
  }
})

describe('explain', () => {
  const root = scopeOf([toolGrant(), httpGrant({ methods: ['GET', 'PUT'] })])
  const middle = scopeOf([httpGrant()])
  const leaf = scopeOf([httpGrant({ paths: ['/x'] })])
  const lineage: readonly Scope[] = [root, middle, leaf]

  it('names the grant of every hop when the request is covered', () => {
    expect(explain(lineage, get('https://a.example/x'))).toEqual({
      permitted: true,
      grants: [1, 0, 0],
    })
  })

  it.each([
    [get('https://a.example/y'), 2, 0, '/target', 'the path is not allowed'],
    [get('https://a.example/x', 'PUT'), 1, 1, '/method', 'the method is not allowed'],
    [get('https://b.example/x'), 0, null, '/target', 'the host is not allowed'],
    [call('https://s.example', 't'), 1, 0, '', 'the scope has no grant of this type'],
  ] as const)('names the hop that took it away: %j', (request, hop, held, pointer, detail) => {
    expect(explain(lineage, request)).toEqual({ ...denied([pointer, detail]), hop, held })
  })

  it('a target that is not canonical fails at the root', () => {
    expect(explain(lineage, get('https://a.example/%2e'))).toMatchObject({
      hop: 0,
      code: 'malformed',
    })
  })
})
