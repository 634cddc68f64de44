import { describe, expect, it } from 'vitest'
import { checkPermits, checkScope } from '../../../src/domain/scope/verdict.ts'
import { EXAMPLE } from './documents.ts'

const target = 'https://api.github.com/repos/acme/x?page=2'

describe('checkScope answers as protocol §5 writes it', () => {
  it('yes, with witnesses', () => {
    expect(JSON.stringify(checkScope(EXAMPLE, EXAMPLE))).toBe('{"within":true,"witnesses":[0,1]}')
    expect(checkScope({ grants: [] }, EXAMPLE)).toEqual({ within: true, witnesses: [] })
  })

  it('no, with reasons', () => {
    const child = { grants: [{ type: 'http', paths: ['/repos/acme/x', '/repos/**'] }] }
    expect(JSON.stringify(checkScope(child, EXAMPLE))).toBe(
      '{"within":false,"reasons":[{"pointer":"/grants/0/paths/1","code":"not_narrower",' +
        '"detail":"is not covered by an entry of the parent"}]}',
    )
  })

  it.each([
    [
      { grants: [{ type: 'http', hosts: [] }] },
      EXAMPLE,
      '/grants/0/hosts',
      'the child: an empty list is never meant',
    ],
    [
      { grants: [] },
      { grants: [{ type: 'http' }] },
      '/grants/0/hosts',
      'the parent: a root grant has to name it',
    ],
    [null, null, '', 'the child: not an object'],
    [{ grants: [] }, undefined, '', 'the parent: not an object'],
  ])('malformed: %j under %j', (child, parent, pointer, detail) => {
    expect(checkScope(child, parent)).toEqual({ error: 'malformed', pointer, detail })
  })

  it('a parent that says less is completed as a root', () => {
    const parent = { grants: [{ type: 'http', hosts: ['a.example'], paths: ['/**'] }] }
    expect(checkScope({ grants: [{ type: 'http', ports: [443] }] }, parent)).toMatchObject({
      within: true,
    })
    expect(checkScope({ grants: [{ type: 'http', ports: [8443] }] }, parent)).toMatchObject({
      within: false,
    })
    expect(checkScope({ grants: [], limits: { max_uses: 'unlimited' } }, parent)).toMatchObject({
      within: false,
    })
  })
})

describe('checkPermits answers as protocol §5 writes it', () => {
  it('yes, with the grant', () => {
    const request = { type: 'http', method: 'GET', target }
    expect(JSON.stringify(checkPermits(EXAMPLE, request))).toBe('{"permitted":true,"grant":0}')
  })

  it('no, with code and reasons', () => {
    const request = { type: 'http', method: 'POST', target }
    expect(JSON.stringify(checkPermits(EXAMPLE, request))).toBe(
      '{"permitted":false,"code":"scope_not_granted","reasons":[{"pointer":"/method",' +
        '"code":"scope_not_granted","detail":"the method is not allowed"}]}',
    )
  })

  it.each([
    [{}, { type: 'http', method: 'GET', target }, '/grants', 'the scope: missing'],
    [EXAMPLE, { type: 'http', method: 'GET' }, '/target', 'the request: missing'],
  ])('malformed: %j', (scope, request, pointer, detail) => {
    expect(checkPermits(scope, request)).toEqual({ error: 'malformed', pointer, detail })
  })

  it('a request document without a body has none, so that it may be judged', () => {
    const scope = { grants: [{ type: 'http', hosts: ['a.example'], paths: ['/'], body: 'none' }] }
    const request = { type: 'http', method: 'GET', target: 'https://a.example/' }
    expect(checkPermits(scope, request)).toEqual({ permitted: true, grant: 0 })
    const body = { media_type: 'text/plain', bytes: 1, text: 'x' }
    expect(checkPermits(scope, { ...request, body })).toMatchObject({ permitted: false })
    const call = { type: 'tool', server: 's', tool: 't', arguments: {} }
    expect(checkPermits(scope, call)).toMatchObject({ permitted: false })
  })
})
