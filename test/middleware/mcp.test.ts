import {
  Client as ClientV2,
  StreamableHTTPClientTransport as HttpV2,
} from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Agent, fetch as undiciFetch } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mcpTools } from '../../src/middleware/mcp.ts'
import type { Peer } from '../support/http.ts'
import { type Example, startExample } from './example.ts'

/** What these tests use of either client. */
interface AnyClient {
  listTools(): Promise<{ tools: { name: string }[] }>
  callTool(call: { name: string; arguments?: Record<string, unknown> }): Promise<unknown>
  close(): Promise<void>
}

const INFO = { name: 'foreign', version: '1.0.0' }
let example: Example
let lease: string
const dispatchers: Agent[] = []

beforeAll(async () => {
  example = await startExample('mcp-server', ({ audience }) => [
    {
      type: 'tool',
      server: audience,
      tool: 'search',
      arguments: {
        q: { constraint_type: 'wildcard' },
        limit: { constraint_type: 'range', max: 50 },
      },
    },
  ])
  lease = await example.open()
}, 60_000)
afterAll(async () => {
  await Promise.all(dispatchers.map((dispatcher) => dispatcher.destroy()))
  await example.close()
})

function url(): URL {
  return new URL(`https://127.0.0.1:${example.port}/mcp`)
}

/** A fetch with a certificate, which takes a fresh token for each request that calls a tool. */
function fetchAs(as: Peer): typeof fetch {
  const dispatcher = new Agent({ connect: { ca: example.deployment.rootPem, ...as.credential } })
  dispatchers.push(dispatcher)
  return (async (target: string, init: RequestInit) => {
    const headers = new Headers(init.headers)
    if (String(init.body).includes('"tools/call"')) {
      headers.set('authorization', `Bearer ${await example.mint(lease)}`)
    }
    const plain = { ...init, headers: Object.fromEntries(headers), dispatcher }
    return undiciFetch(target, plain as never)
  }) as unknown as typeof fetch
}

const v2 = async (): Promise<AnyClient> => {
  const client = new ClientV2(INFO, { versionNegotiation: { mode: 'auto' } })
  await client.connect(new HttpV2(url(), { fetch: fetchAs(example.worker) }))
  return client as unknown as AnyClient
}
const v1 = async (): Promise<AnyClient> => {
  const client = new ClientV1(INFO)
  const transport = new HttpV1(url(), { fetch: fetchAs(example.worker) })
  await client.connect(transport as Parameters<typeof client.connect>[0])
  return client as unknown as AnyClient
}

describe.each([
  ['version 2, of 2026-07-28', v2],
  ['version 1', v1],
])('an MCP server behind the middleware and the SDK’s client, %s', (_name, connect) => {
  it('calls a tool within its scope, and none with other arguments', async () => {
    const client = await connect()
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(['search'])
    const found = await client.callTool({ name: 'search', arguments: { q: 'rust', limit: 50 } })
    expect(found).toMatchObject({ content: [{ type: 'text', text: '50 books about rust' }] })
    const wide = client.callTool({ name: 'search', arguments: { q: 'rust', limit: 51 } })
    await expect(wide).rejects.toThrow(/scope_not_granted|Insufficient scope/)
    await client.close()
  })
})

const CALL = { jsonrpc: '2.0', id: 1, method: 'tools/call' }
const SEARCH = { ...CALL, params: { name: 'search', arguments: { q: 'x', limit: 1 } } }

async function post(
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  method = 'POST',
) {
  const dispatcher = new Agent({
    connect: { ca: example.deployment.rootPem, ...example.worker.credential },
  })
  dispatchers.push(dispatcher)
  const answer = await dispatcher.request({
    origin: url().origin,
    path: '/mcp',
    method: method as 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: method === 'GET' ? null : typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await answer.body.text()
  const refusal = answer.headers['writ-refusal']
  return { status: answer.statusCode, refusal, text }
}

describe('what a tool call is judged by', () => {
  const bearing = async () => ({ authorization: `Bearer ${await example.mint(lease)}` })

  it('the body, and a token is spent by it once (I7)', async () => {
    const headers = await bearing()
    expect(await post(SEARCH, headers)).toMatchObject({ status: 200 })
    expect(await post(SEARCH, headers)).toMatchObject({ status: 401, refusal: 'token_used' })
    expect(await post(SEARCH)).toMatchObject({ status: 401, refusal: 'unauthenticated' })
  })

  it.each([
    ['another method', { 'mcp-method': 'tools/list' }],
    ['another tool', { 'mcp-name': 'delete' }],
    ['another tool in base64', { 'mcp-name': `=?base64?${btoa('delete')}?=` }],
    ['base64 that is none', { 'mcp-name': '=?base64?***?=' }],
    ['no method since 2026-07-28', { 'mcp-protocol-version': '2026-07-28', 'mcp-name': 'search' }],
    [
      'no tool since 2026-07-28',
      { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call' },
    ],
  ])('headers that name %s are refused, and the token is kept', async (_what, headers) => {
    const bearer = await bearing()
    const refused = await post(SEARCH, { ...bearer, ...headers })
    expect(refused).toMatchObject({ status: 400, refusal: 'request_mismatch' })
    expect(JSON.parse(refused.text)).toMatchObject({
      jsonrpc: '2.0',
      id: null,
      error: { code: -32020, data: { code: 'request_mismatch' } },
    })
    expect((await post(SEARCH, bearer)).status).toBe(200)
  })

  it.each([
    ['a batch', [SEARCH], 'malformed'],
    ['a batch of one that is open', [{ jsonrpc: '2.0', id: 1, method: 'ping' }], 'malformed'],
    [
      'a method twice',
      '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}',
      'malformed',
    ],
    ['a name twice', JSON.stringify(SEARCH).replace('"name"', '"name":"safe","name"'), 'malformed'],
    ['no id', { ...SEARCH, id: undefined }, 'malformed'],
    [
      'arguments that are a list',
      { ...CALL, params: { name: 'search', arguments: [] } },
      'malformed',
    ],
    ['another tool', { ...CALL, params: { name: 'delete', arguments: {} } }, 'scope_not_granted'],
    ['resources', { ...CALL, method: 'resources/read', params: { uri: 'x' } }, 'scope_not_granted'],
    ['an answer', { jsonrpc: '2.0', id: 1, result: {} }, 'malformed'],
    ['what is no JSON', '{', 'malformed'],
  ])('refuses %s', async (_what, body, code) => {
    expect((await post(body, await bearing())).refusal).toBe(code)
  })

  it('refuses another media type, and what a session id alone would open', async () => {
    const headers = await bearing()
    const typed = await post(SEARCH, { ...headers, 'content-type': 'text/plain' })
    expect(typed.refusal).toBe('media_type')
    const session = { 'mcp-session-id': 'x', 'last-event-id': '1' }
    const resumed = await post(undefined, session, 'GET')
    expect(resumed).toMatchObject({ status: 405, refusal: 'method_not_allowed' })
  })

  it('a mode that would leave tool calls open does not start', () => {
    expect(() => mcpTools({ server: 'https://x.example', open: ['tools/call'] })).toThrow(/open/)
    expect(() => mcpTools({ server: 'nowhere' })).toThrow(/server/)
  })
})
