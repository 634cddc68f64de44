import { describe, expect, it } from 'vitest'
import { refuse } from '../../src/domain/refusal.ts'
import type { Grant, HttpGrant, RequestToJudge } from '../../src/domain/scope/types.ts'
import type { RequestPin, TokenClaims } from '../../src/domain/token.ts'
import { outcome, scope } from '../domain/samples.ts'
import { bodyOf, enforcementPoint, GET, token } from './rig.ts'

const TARGET = 'https://api.example.com/repos/acme'
const POST: RequestToJudge = { type: 'http', method: 'POST', target: TARGET }
const TOOL: Grant = {
  type: 'tool',
  server: 'https://mcp.example/mcp',
  tool: 'search',
  arguments: { q: { constraint_type: 'wildcard' } },
}
const CALL: RequestToJudge = {
  type: 'tool',
  server: 'https://mcp.example/mcp',
  tool: 'search',
  arguments: { q: 'x' },
}

function http(body: HttpGrant['body']): Grant {
  const [grant] = scope().grants
  if (grant?.type !== 'http') throw new Error('the sample scope has an http grant')
  return { ...grant, body }
}

function ruled(...grants: readonly Grant[]): Partial<TokenClaims> {
  return { scope: scope({ grants }) }
}

function pinned(pin: Partial<RequestPin> = {}): Partial<TokenClaims> {
  return { pin: { method: 'POST', target: TARGET, ...pin } }
}

const SMALL = bodyOf('{"a":1}')

describe('a body is read only when something asks about it', () => {
  it.each([
    ['no rule', {}, POST, false],
    ['a rule', ruled(http({ max_bytes: 100 })), POST, true],
    ['the rule that there is none', ruled(http('none')), GET, true],
    ['a rule in another grant', ruled(http('any'), http({ max_bytes: 100 })), POST, true],
    ['a rule on http while a tool is called', ruled(TOOL, http({ max_bytes: 100 })), CALL, false],
    ['tools only', ruled(TOOL), CALL, false],
    ['a pin without a digest', pinned(), POST, false],
    ['a pin with a digest', pinned({ bodyDigest: bodyOf('').digest }), POST, true],
  ] as const)('%s', async (_sentence, changed, request, read) => {
    const point = enforcementPoint()
    expect(outcome(await point.present(await token(changed), { request }))).toBe('ok')
    expect(point.events).toEqual(read ? ['key', 'body', 'redeem'] : ['key', 'redeem'])
  })

  it.each([
    ['the certificate is another', { agent: 'spiffe://acme.example/agent/x' }],
    ['the evidence is too weak', { scope: scope({ requires: { attestation_min: 'affirming' } }) }],
  ] as const)('and not while it is denied anyhow: %s', async (_sentence, changed) => {
    const point = enforcementPoint()
    const claimed = { ...pinned({ bodyDigest: SMALL.digest }), ...changed } as Partial<TokenClaims>
    const actors = claimed.agent === undefined ? {} : { actors: [claimed.agent] }
    await point.present(await token({ ...claimed, ...actors }), { request: POST, body: SMALL })
    expect(point.events).toEqual(['key', 'record'])
  })
})

describe('a body is judged', () => {
  it.each([
    ['within the rule', { max_bytes: 7 }, SMALL, 'ok'],
    ['one byte over', { max_bytes: 6 }, SMALL, 'scope_not_granted'],
    ['of a media type that is named', { media_types: ['application/json'] }, SMALL, 'ok'],
    ['of another', { media_types: ['text/plain'] }, SMALL, 'scope_not_granted'],
    ['without the forbidden field', { forbidden_fields: ['b'] }, SMALL, 'ok'],
    ['with it', { forbidden_fields: ['a'] }, SMALL, 'scope_not_granted'],
  ] as const)('%s', async (_sentence, rule, body, code) => {
    const point = enforcementPoint()
    const text = await token(ruled(http(rule)))
    expect(outcome(await point.present(text, { request: POST, body }))).toBe(code)
    expect(point.events).toEqual(['key', 'body', code === 'ok' ? 'redeem' : 'record'])
  })

  it.each([
    ['none', bodyOf(''), 'ok'],
    ['one byte', bodyOf('x'), 'scope_not_granted'],
  ] as const)('against the rule that there is none: %s', async (_sentence, body, code) => {
    const point = enforcementPoint()
    const text = await token(ruled(http('none')))
    expect(outcome(await point.present(text, { request: POST, body }))).toBe(code)
  })

  it('and refused unread where it can not be read', async () => {
    const point = enforcementPoint()
    const text = await token(ruled(http({ max_bytes: 100 })))
    const blind = { request: POST, readBody: undefined } as object
    const result = await point.present(text, blind)
    expect(result).toMatchObject({
      refusal: { code: 'request_mismatch', facts: { body: 'unread' } },
    })
    expect(point.events).toEqual(['key', 'record'])
  })

  it.each(['too_large', 'malformed'] as const)(
    'a body that can not be had is told: %s',
    async (code) => {
      const point = enforcementPoint()
      const text = await token(ruled(http({ max_bytes: 100 })))
      const body = refuse(code)
      expect(outcome(await point.present(text, { request: POST, body }))).toBe(code)
      expect(point.events).toEqual(['key', 'body', 'record'])
    },
  )

  it('a reader that breaks lets nothing through', async () => {
    const point = enforcementPoint()
    const text = await token(ruled(http({ max_bytes: 100 })))
    const broken = new Error('the connection is gone')
    const readBody = () => Promise.reject(broken)
    await expect(point.present(text, { request: POST, readBody })).rejects.toBe(broken)
    expect(point.events).toEqual(['key'])
  })
})

describe('a pin names the one request', () => {
  const digest = SMALL.digest

  it.each([
    ['the very request', pinned(), POST, SMALL, 'ok'],
    ['and its very body', pinned({ bodyDigest: digest }), POST, SMALL, 'ok'],
    ['another method', pinned({ method: 'GET' }), POST, SMALL, 'request_mismatch'],
    ['the method in another case', pinned({ method: 'post' }), POST, SMALL, 'request_mismatch'],
    ['another target', pinned({ target: `${TARGET}/x` }), POST, SMALL, 'request_mismatch'],
    ['a query more', pinned({ target: `${TARGET}?` }), POST, SMALL, 'request_mismatch'],
    ['another body', pinned({ bodyDigest: digest }), POST, bodyOf('{"a":2}'), 'request_mismatch'],
    ['no body', pinned({ bodyDigest: digest }), POST, bodyOf(''), 'request_mismatch'],
    ['a tool', pinned(), CALL, SMALL, 'request_mismatch'],
  ] as const)('%s', async (_sentence, changed, request, body, code) => {
    const point = enforcementPoint()
    const grants = [http('any'), TOOL]
    const text = await token({ ...changed, scope: scope({ grants }) })
    const result = await point.present(text, { request, body })
    expect(outcome(result)).toBe(code)
    if (!result.ok) expect(result.refusal.facts).toEqual({ pin: true })
  })

  it('a tool is not covered by a pin even when its words are the same', async () => {
    const point = enforcementPoint()
    const method = 'search'
    const target = 'https://mcp.example/mcp'
    const text = await token({ ...ruled(TOOL), pin: { method, target } })
    expect(outcome(await point.present(text, { request: CALL }))).toBe('request_mismatch')
  })

  it('is asked for by bind_request, and then any true pin will do', async () => {
    const point = enforcementPoint()
    const bound = { scope: scope({ requires: { bind_request: true } }) }
    expect(outcome(await point.present(await token(bound), { request: POST }))).toBe(
      'request_mismatch',
    )
    expect(point.refusals[0]?.refusal.facts).toEqual({ pin: false })
    const text = await token({ ...bound, ...pinned() })
    expect(outcome(await point.present(text, { request: POST }))).toBe('ok')
  })

  it('a pin without a digest leaves the body to the rules on it', async () => {
    for (const [max_bytes, code] of [
      [7, 'ok'],
      [6, 'scope_not_granted'],
    ] as const) {
      const point = enforcementPoint()
      const text = await token({ ...ruled(http({ max_bytes })), ...pinned() })
      expect(outcome(await point.present(text, { request: POST, body: SMALL }))).toBe(code)
    }
  })

  it('a pin widens nothing: the scope still has to cover the request', async () => {
    const point = enforcementPoint()
    const target = 'https://api.example.com/users'
    const text = await token(pinned({ target }))
    const request: RequestToJudge = { type: 'http', method: 'POST', target }
    expect(outcome(await point.present(text, { request }))).toBe('scope_not_granted')
  })
})
