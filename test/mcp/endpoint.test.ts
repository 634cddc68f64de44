import { Agent as Connections, request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FREE_TERMS, KEY, type LeashSite, openLeashSite } from '../support/leash.ts'

const REVISION = '2026-07-28'
const META = {
  'io.modelcontextprotocol/protocolVersion': REVISION,
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

let leash: LeashSite
let connections: Connections
beforeAll(async () => {
  leash = await openLeashSite()
  const { credential } = leash.agent
  // The client looks at the Host header; what is tested is whether the server does.
  const checkServerIdentity = () => undefined
  const ca = leash.site.rootPem
  connections = new Connections({ connect: { ca, ...credential, checkServerIdentity } })
})
afterAll(async () => {
  await connections.destroy()
  await leash.close()
})

interface Sent {
  readonly headers?: Readonly<Record<string, string>>
  readonly raw?: string
  readonly dispatcher?: Connections
  readonly http?: 'GET' | 'POST' | 'DELETE'
}

/** One message, written by hand. */
async function send(method: string, params: Record<string, unknown> = {}, sent: Sent = {}) {
  const { headers = {}, dispatcher = connections, http = 'POST' } = sent
  const body = { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: META } }
  const { name } = params
  const answer = await request(leash.mcp, {
    dispatcher,
    method: http,
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-protocol-version': REVISION,
      'mcp-method': method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
      ...headers,
    },
    body: http === 'POST' ? (sent.raw ?? JSON.stringify(body)) : null,
  })
  const text = await answer.body.text()
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
  const json: any = JSON.parse(text)
  return { status: answer.statusCode, headers: answer.headers, text, json }
}

async function tool(name: string, given: Record<string, unknown> = {}, sent: Sent = {}) {
  const seen = await send('tools/call', { name: `leash/${name}`, arguments: given }, sent)
  return { ...seen, told: seen.json.result?.structuredContent, isError: seen.json.result?.isError }
}

describe('who is heard at /mcp', () => {
  it.each([
    ['another host', { host: 'evil.example' }, 421, 'misdirected'],
    ['a page of another origin', { origin: 'https://evil.example' }, 403, 'forbidden'],
    ['a page that has no origin', { origin: 'null' }, 403, 'forbidden'],
    ['a page of ours over plain HTTP', { origin: 'http://localhost' }, 403, 'forbidden'],
    ['another media type', { 'content-type': 'text/plain' }, 415, 'media_type'],
  ])('not %s, in the words of JSON-RPC', async (_who, headers, status, code) => {
    const seen = await send('tools/list', {}, { headers })
    expect([seen.status, seen.json.error.data.code]).toEqual([status, code])
    expect(seen.json).toMatchObject({ jsonrpc: '2.0', id: null })
    expect(seen.headers['writ-refusal']).toBe(code)
  })

  it.each([
    ['duplicate members', '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}'],
    ['no JSON', '{'],
  ])('not %s: malformed, a parse error', async (_what, raw) => {
    const seen = await send('ping', {}, { raw })
    expect([seen.status, seen.json.error.code]).toEqual([400, -32700])
    expect(seen.json.error.data.code).toBe('malformed')
  })

  it('not an enforcement point, which holds no leases', async () => {
    const point = await leash.site.enroll('edge', { role: 'enforcement' })
    const dispatcher = new Connections({
      connect: { ca: leash.site.rootPem, ...point.credential },
    })
    const seen = await send('tools/list', {}, { dispatcher })
    expect([seen.status, seen.json.error.data.code]).toEqual([403, 'forbidden'])
    await dispatcher.destroy()
  })

  it('only over POST: there is no stream to open and no session to end', async () => {
    for (const http of ['GET', 'DELETE'] as const) {
      const seen = await send('', {}, { http })
      expect([seen.status, seen.headers['allow']]).toEqual([405, 'POST'])
    }
  })

  it('not at the listener of people, whatever token they have', async () => {
    const seen = await leash.site.owner.ask('POST', '/mcp', { body: {} })
    expect(seen.status).toBe(404)
  })

  it('not with headers that say something else than the message', async () => {
    const seen = await tool('list_available', {}, { headers: { 'mcp-name': 'leash/check_status' } })
    expect([seen.status, seen.json.error.code]).toEqual([400, -32020])
  })

  it('LEASH-25: not on an open connection once it is suspended, and again after that', async () => {
    const body = { subject: `agent:${leash.agent.uri}`, effect: 'suspended', reason: 'test' }
    await leash.site.owner.ask('POST', '/v1/revocations', { body })
    const seen = await tool('list_available')
    expect([seen.status, seen.json.error.data]).toMatchObject([401, { code: 'suspended' }])
    await leash.site.owner.ask('DELETE', `/v1/revocations/${encodeURIComponent(body.subject)}`)
    expect((await tool('list_available')).isError).toBeUndefined()
  })

  it('opens no stream that would outlive its right', async () => {
    const seen = await send('subscriptions/listen', { notifications: { toolsListChanged: true } })
    expect(seen.json.error.code).toBe(-32603)
  })
})

describe('the tools of LEASH', () => {
  it('I4: unknown members are refused with a pointer, in every tool', async () => {
    for (const name of ['request_secret', 'execute_action', 'check_status', 'list_available']) {
      const { isError, told } = await tool(name, { odd: 1 })
      expect([isError, told.code], name).toEqual([true, 'malformed'])
      expect(told.reasons.map(({ pointer }: { pointer: string }) => pointer)).toContain('/odd')
    }
  })

  it('say of themselves what they do, and that LEASH is behind them (LEASH-43, LEASH-47)', async () => {
    const { json } = await send('tools/list')
    for (const { name, annotations, inputSchema, outputSchema, _meta } of json.result.tools) {
      const reads = /check_status|list_available|connection_info/.test(name)
      expect(annotations.readOnlyHint, name).toBe(reads)
      expect(inputSchema.additionalProperties, name).toBe(false)
      expect(outputSchema.type, name).toBe('object')
      expect(_meta).toMatchObject({ 'leash/required': true, 'leash/tier': 3 })
    }
  })

  it('LEASH-08: no value is handed out, whoever asks how', async () => {
    const given = { identifier: 'key', exposure: 'retrieve' }
    const { isError, told, text } = await tool('request_secret', given)
    expect([isError, told.code]).toEqual([true, 'credential_not_permitted'])
    expect(text).not.toContain(KEY)
  })

  it('LEASH-26: what there is not and what is not allowed look alike', async () => {
    await leash.terms({ ...FREE_TERMS, categories: ['payment'] })
    const forbidden = await tool('request_secret', { identifier: 'key' })
    const unknown = await tool('request_secret', { identifier: 'none-such' })
    await leash.terms(FREE_TERMS)
    const bare = ({ told }: typeof unknown) => ({ ...told, request_id: '', instance: '' })
    expect(bare(forbidden)).toEqual(bare(unknown))
    expect(forbidden.told.code).toBe('not_found')
  })

  it('LEASH-26: by identifier and by category, each exactly what was named', async () => {
    await leash.terms({ ...FREE_TERMS, categories: ['api_key', 'payment'] })
    const named = await tool('request_secret', { identifier: 'key' })
    expect(named.told).toMatchObject({ status: 'granted', uses: [{ route: 'up' }] })
    const elsewhere = { identifier: 'key', environment: 'staging' }
    expect((await tool('request_secret', elsewhere)).told.code).toBe('not_found')
    expect((await tool('request_secret', { category: 'payment' })).told.code).toBe('not_found')
    const both = { category: 'api_key', identifier: 'key' }
    expect((await tool('request_secret', both)).told.code).toBe('malformed')
    expect((await tool('request_secret')).told.code).toBe('malformed')
    await leash.terms(FREE_TERMS)
  })

  it('LEASH-29: categories and nothing else', async () => {
    await leash.terms({ ...FREE_TERMS, categories: ['api_key', 'payment'] })
    const { told } = await tool('list_available')
    await leash.terms(FREE_TERMS)
    expect(told).toEqual({
      categories: [
        { category: 'api_key', available: true },
        { category: 'payment', available: false },
      ],
    })
  })

  it('LEASH-27: a template that is no HTTP request is refused in plain words', async () => {
    const handle = (await tool('request_secret', { category: 'api_key' })).told.handle
    const given = { handle, template: 'sql', method: 'GET', route: 'up', path: '/repos/a' }
    const { told } = await tool('execute_action', given)
    expect(told).toMatchObject({ code: 'malformed', next: 'mend' })
    expect(told.reasons[0].detail).toContain('Only HTTP requests are made')
  })

  it.each([
    ['of another host', 'https://evil.example/repos/a'],
    ['that only begins like the upstream', '@.evil.example/repos/a'],
    ['with a name before the host', '.evil.example/repos/a'],
  ])('LEASH-22: an address %s is behind no route', async (_what, end) => {
    const asked = await tool('request_secret', { category: 'api_key' })
    const url = end.startsWith('https') ? end : `${leash.upstream.origin}${end}`
    const given = { handle: asked.told.handle, method: 'GET', url }
    const before = leash.upstream.got.length
    const { told } = await tool('execute_action', given)
    expect(told.code).toBe('scope_not_granted')
    expect(leash.upstream.got).toHaveLength(before)
  })

  it('I1: a handle is nothing in the hands of another agent', async () => {
    const { told } = await tool('request_secret', { category: 'api_key' })
    const thief = await leash.site.enroll('thief', {
      terms: FREE_TERMS,
    })
    const dispatcher = new Connections({
      connect: { ca: leash.site.rootPem, ...thief.credential },
    })
    const given = { handle: told.handle, method: 'GET', route: 'up', path: '/repos/a' }
    const stolen = await tool('execute_action', given, { dispatcher })
    expect([stolen.isError, stolen.told.code]).toEqual([true, 'not_found'])
    await dispatcher.destroy()
  })

  it('LEASH-28: a question to the owner, its state, and the yes that is used once', async () => {
    await leash.terms({ ...FREE_TERMS, approval_mode: 'per_request' })
    const given = { category: 'api_key', purpose: 'to test' }
    const { told: asked } = await tool('request_secret', given)
    expect(asked.status).toBe('pending_approval')
    const status = async () => (await tool('check_status', { approval: asked.approval })).told
    expect(await status()).toMatchObject({ status: 'awaiting_owner_approval', used: false })
    const early = await tool('request_secret', { ...given, approval: asked.approval })
    expect(early.told.code).toBe('approval_denied')
    const path = `/v1/approvals/${asked.approval}`
    const { digest } = (await leash.site.owner.ask('GET', path)).json
    await leash.site.owner.ask('POST', `${path}/approve`, { body: { digest } })
    expect(await status()).toMatchObject({ status: 'approved', used: false })
    const { told } = await tool('request_secret', { ...given, approval: asked.approval })
    expect(told.status).toBe('granted')
    expect(await status()).toMatchObject({ status: 'approved', used: true })
    const again = await tool('request_secret', { ...given, approval: asked.approval })
    expect(again.told.code).toBe('approval_denied')
    await leash.terms(FREE_TERMS)
  })

  it('LEASH-30: how much of the rate is used', async () => {
    await leash.terms({ ...FREE_TERMS, rate: { hour: 10_000, day: 'unlimited' } })
    const usedNow = async () => (await tool('connection_info')).told.rate.hour
    const before = await usedNow()
    const { handle } = (await tool('request_secret', { category: 'api_key' })).told
    const given = { handle, method: 'GET', route: 'up', path: '/repos/a' }
    expect((await tool('execute_action', given)).told.http_status).toBe(200)
    const { used, limit, remaining } = await usedNow()
    expect({ used, limit, remaining }).toEqual({
      used: before.used + 1,
      limit: 10_000,
      remaining: before.remaining - 1,
    })
    await leash.terms(FREE_TERMS)
  })

  it('LEASH-46: tier three and use alone, and never more', async () => {
    const { told } = await tool('connection_info')
    expect(told.implementation).toMatchObject({ tier: 3, name: 'local encrypted files' })
    expect(told.exposure).toEqual({ max: 'use', values_handed_out: false })
  })

  it('LEASH-46: says when the deployment lets values out elsewhere', async () => {
    const { world } = leash.site
    Object.assign(world, { exposure: 'retrieve' })
    const { told } = await tool('connection_info')
    Object.assign(world, { exposure: undefined })
    expect(told.implementation.properties.secrets_leave_the_authority).toBe(true)
    expect(told.exposure).toEqual({ max: 'retrieve', values_handed_out: false })
  })

  it('LEASH-38: a store that is away is status_unknown, never allow', async () => {
    const broken = new Error('the store is gone')
    leash.site.faults.push(broken)
    const seen = await tool('list_available')
    expect(seen.status).toBeGreaterThanOrEqual(500)
    expect(seen.text).not.toContain('the store is gone')
  })
})
