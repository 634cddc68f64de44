import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call as callService, SERVICES } from '../middleware/stage.ts'
import { newProver } from '../support/dpop.ts'
import type { Ask, Seen } from '../support/http.ts'
import { NO_LEASE } from '../support/http-examples.ts'
import { callToken } from './calls.ts'
import { rigOf } from './drivers/middleware.ts'
import { openStage, RESOURCE, SERVICE, type Stage } from './stage.ts'

type Headers = Readonly<Record<string, string>>
type Answer = Pick<Seen, 'status' | 'headers'>
/** One request with more headers; what it needs is made ready before, under ids of its own. */
type Prepared = (headers: Headers) => Promise<Answer>
type Row = readonly [name: string, status: number, prepare: (stage: Stage) => Promise<Prepared>]

const GIVEN = 'req_AAAAAAAAAAAAAAAAAAAAAA'
const rpc = (method: string, params: object = {}) => ({ jsonrpc: '2.0', id: 1, method, params })

/** Asks the listener of agents as the holder. */
const agents =
  (method: string, path: string, ask: Ask = {}): Row[2] =>
  async ({ holder }) =>
  (headers) =>
    holder.ask(method, path, { ...ask, headers: { ...ask.headers, ...headers } })

/** Asks the listener of people as an owner. */
const people =
  (method: string, path: string, ask: Ask = {}): Row[2] =>
  async ({ site }) =>
  (headers) =>
    site.owner.ask(method, path, { ...ask, headers: { ...ask.headers, ...headers } })

/** Calls through a listener of the gateway. */
const through =
  (path: string, prepare: (stage: Stage) => Promise<{ url: string; headers?: Headers }>): Row[2] =>
  async (stage) => {
    const { url, headers: own = {} } = await prepare(stage)
    const { credential } = stage.holder
    const connect = { ca: stage.site.rootPem, ...credential }
    return async (headers) => {
      const dispatcher = new Agent({ connect })
      const told = await request(url + path, { dispatcher, headers: { ...own, ...headers } })
      await told.body.dump()
      await dispatcher.destroy()
      return { status: told.statusCode, headers: told.headers }
    }
  }

const bearer = async (stage: Stage) => {
  const token = await callToken(stage, stage.holder, await stage.lease(), {})
  return { authorization: `Bearer ${token}` }
}
const atGateway = async (stage: Stage) => ({ url: stage.gateway, headers: await bearer(stage) })
const atProven = async (stage: Stage) => {
  const [prover, from] = [newProver(), `https://127.0.0.1:${stage.site.agentsPort}/v1/tokens`]
  const minting = { dpop: prover.prove({ method: 'POST', url: from }) }
  const more = { bind: 'key' } as object
  const token = await callToken(stage, stage.holder, await stage.lease(), more, minting)
  const dpop = prover.prove({ method: 'GET', url: `${stage.proven}/up/a/1`, token })
  return { url: stage.proven, headers: { authorization: `DPoP ${token}`, dpop } }
}
const atHandles = async (stage: Stage) => {
  const body = { lease_id: await stage.lease(), label: 'ids', ttl_seconds: 60 }
  const made = await stage.holder.ask('POST', '/v1/handles', { body })
  return { url: stage.handles, headers: { authorization: `Bearer ${made.json.handle}` } }
}

/** What a proxy asks about a call of the holder. */
const authz =
  (token: (stage: Stage) => Promise<Headers>): Row[2] =>
  async (stage) => {
    const shown = {
      'x-original-method': 'GET',
      'x-original-uri': '/a/1',
      'x-original-host': 'service.example',
      'x-original-proto': 'https',
      'x-ssl-client-cert': encodeURIComponent(`${stage.holder.credential.cert.trim()}\n`),
      ...(await token(stage)),
    }
    return (headers) => stage.edge.ask('GET', '/authz', { headers: { ...shown, ...headers } })
  }

/** What the gateway does for an agent: its lines and those of the API have one id. */
const action: Row[2] = async ({ holder, lease }) => {
  const body = { lease_id: await lease(), route: 'up', method: 'GET', path: '/a/1' }
  return (headers) => holder.ask('POST', '/v1/actions', { body, headers })
}

/** What an enforcement point without a store asks. */
const redemption: Row[2] = async (stage) => {
  const { point, holder } = stage
  const token = await callToken(stage, holder, await stage.lease(), {})
  const peer = { uri: holder.uri, certificate_thumbprint: holder.thumbprint }
  const told = { type: 'http', method: 'GET', target: `${SERVICE}/a/1` }
  const body = { token, audience: RESOURCE, request: told, peer }
  return (headers) => point.ask('POST', '/v1/tokens/redeem', { body, headers })
}

/** The same while the store is away. */
const away =
  (prepare: Row[2]): Row[2] =>
  async (stage) => {
    const send = await prepare(stage)
    return (headers) => stage.withoutStore(() => send(headers))
  }

/** The same with a store that breaks in a way nobody knows. */
const faulty =
  (prepare: Row[2]): Row[2] =>
  async (stage) => {
    const send = await prepare(stage)
    return async (headers) => {
      stage.site.faults.push(new Error('broken'), new Error('broken'))
      return send(headers).finally(() => stage.site.faults.splice(0))
    }
  }

const MCP = {
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/call',
  'mcp-name': 'leash/check_status',
}
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}
const TOOL = rpc('tools/call', { name: 'leash/check_status', arguments: {}, _meta: META })
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const CLIENT = { raw: `grant_type=client_credentials&resource=${RESOURCE}`, headers: FORM }

const ROWS: readonly Row[] = [
  ['REST, a yes', 200, agents('GET', '/v1/leases')],
  ['REST, a no', 404, agents('GET', `/v1/leases/${NO_LEASE}`)],
  ['REST, a body that is no JSON', 400, agents('POST', '/v1/leases', { raw: '{' })],
  ['REST, another method', 405, agents('PATCH', '/v1/leases')],
  ['REST, no such address', 404, agents('GET', '/nowhere')],
  ['REST, an address out of order', 404, agents('GET', '/v1//leases')],
  ['REST for people, a yes', 200, people('GET', '/v1/agents')],
  ['REST for people, a no', 404, people('GET', `/v1/leases/${NO_LEASE}`)],
  ['REST for people, a host that is not ours', 421, people('GET', 'http://evil.test/v1/agents')],
  ['health', 200, people('GET', '/healthz')],
  ['numbers', 200, people('GET', '/metrics')],
  ['keys', 200, people('GET', '/.well-known/jwks.json')],
  ['the document of the API', 200, people('GET', '/openapi.json')],
  ['the console, who I am', 204, people('GET', '/console/whoami', { headers: { cookie: 'x=y' } })],
  ['OAuth, a no', 400, agents('POST', '/oauth2/token', { raw: 'grant_type=x', headers: FORM })],
  ['CRP', 200, agents('POST', '/crp', { body: rpc('crp/list') })],
  ['CRP, a no', 200, agents('POST', '/crp', { body: rpc('crp/nothing') })],
  ['CDP, a no', 200, agents('POST', '/cdp', { body: rpc('cdp.lease.renew') })],
  [
    'MCP, a method without its own',
    400,
    agents('POST', '/mcp', { body: rpc('tools/list'), headers: MCP }),
  ],
  ['MCP, a tool', 200, agents('POST', '/mcp', { body: TOOL, headers: MCP })],
  ['MCP, a no', 400, agents('POST', '/mcp', { raw: '{', headers: MCP })],
  ['an action', 200, action],
  ['a redemption', 200, redemption],
  ['REST, a fault', 500, faulty(people('GET', '/v1/agents'))],
  ['REST, while the store is away', 503, away(agents('GET', '/v1/leases'))],
  ['OAuth, while the store is away', 503, away(agents('POST', '/oauth2/token', CLIENT))],
  ['CDP, while the store is away', 503, away(agents('POST', '/cdp', { body: rpc('cdp.x') }))],
  ['MCP, while the store is away', 503, away(agents('POST', '/mcp', { body: TOOL, headers: MCP }))],
  ['the gateway, while the store is away', 503, away(through('/up/a/1', atGateway))],
  ['forward-auth, while the store is away', 403, away(authz(bearer))],
  ['forward-auth', 200, authz(bearer)],
  ['forward-auth, a no', 401, authz(async () => ({}))],
  ['the gateway', 200, through('/up/a/1', atGateway)],
  ['the gateway, a no', 403, through('/up/b/1', atGateway)],
  ['the gateway, without a token', 401, through('/up/a/1', async ({ gateway: url }) => ({ url }))],
  ['the gateway, no such route', 404, through('/nowhere/a', atGateway)],
  ['the gateway by DPoP', 200, through('/up/a/1', atProven)],
  ['the gateway by DPoP, a no', 401, through('/up/a/1', async ({ proven: url }) => ({ url }))],
  ['handles', 200, through('/proxy/up/a/1', atHandles)],
  ['handles, a no', 401, through('/proxy/up/a/1', async ({ handles: url }) => ({ url }))],
]

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage?.close())

describe.each(ROWS)('%s', (_name, status, prepare) => {
  it('is answered with the id it came with, or a fresh one, which each of its log lines has', async () => {
    for (const given of [GIVEN, undefined]) {
      const send = await prepare(stage)
      const from = stage.site.lines.length
      const answer = await send(given === undefined ? {} : { 'x-request-id': given })
      const id = answer.headers['x-request-id']
      expect([answer.status, id]).toEqual([status, given ?? expect.stringMatching(/^req_/)])
      await expect.poll(() => stage.site.lines.length).toBeGreaterThan(from)
      const lines = stage.site.lines.slice(from).map((line) => JSON.parse(line))
      expect(lines.map(({ event, request_id }) => [event, request_id])).toEqual(
        lines.map(({ event }) => [event, id]),
      )
    }
  })
})

describe.each(SERVICES)('middleware for %s', (_name, start) => {
  it('answers with the id a request came with, or a fresh one, and asks the authority with it', async () => {
    const rig = rigOf(stage)
    const service = await start(rig, () => undefined)
    for (const [given, path] of [
      [GIVEN, '/repos/a/1'],
      [undefined, '/repos/a/1'],
      [GIVEN, '/repos/b/1'],
    ] as const) {
      const token = await callToken(stage, stage.holder, await stage.lease(), {})
      const from = stage.site.lines.length
      const headers: Headers = given === undefined ? {} : { 'x-request-id': given }
      const seen = await callService(rig, stage.holder, service.port, path, { token, headers })
      const id = seen.headers['x-request-id']
      expect([seen.status, id]).toEqual([
        path === '/repos/a/1' ? 200 : 403,
        given ?? expect.stringMatching(/^req_/),
      ])
      const carried = stage.site.lines.slice(from).map((line) => {
        const { request_id, carries = '' } = JSON.parse(line)
        return [request_id, ...carries.split(' ')].includes(id)
      })
      // Beside it a service asks for itself, as for keys; what it refuses by itself it asks nobody.
      if (seen.status === 200) expect(carried).toContain(true)
    }
    await service.close()
  })
})
