import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { actionsOver, admissionFor } from '../../src/compose/calls.ts'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import {
  ACTION_ANSWER_BYTES_MAX,
  ACTION_HEADER_CHARACTERS_MAX,
  ACTION_HEADERS_MAX,
} from '../../src/domain/limits.ts'
import type { ScopeRequest } from '../../src/domain/scope/types.ts'
import { chooseCredential } from '../../src/usecases/credentials/choose-credential.ts'
import { signAdmission } from '../../src/usecases/tokens/sign-admission.ts'
import { catalogOf } from '../support/catalog.ts'
import { routeToml, startGateway, type TestGateway } from '../support/gateway.ts'
import { AUDIENCE, type Deployment, openDeployment, type Peer, type Seen } from '../support/http.ts'
import { startTlsUpstream, type TlsUpstream } from '../support/injection.ts'
import { TRUST_DOMAIN } from '../support/pki.ts'

const KEY = 'sk_live_canary_action_0001'
const TERMS = { categories: ['api_key'], actions: true }

let site: Deployment
let upstream: TlsUpstream
let gateway: TestGateway
let planner: Peer
let worker: Peer
let lease: string

function contractAt(origin: string): ScopeRequest {
  const { hostname, port } = new URL(origin)
  return {
    type: 'urn:writ:scope:v1',
    grants: [
      {
        type: 'http',
        hosts: [hostname],
        ports: [Number(port)],
        methods: ['GET', 'POST'],
        paths: ['/repos/**'],
        body: 'any',
        private_net: true,
      },
    ],
    audiences: [AUDIENCE],
    limits: { ttl_seconds: 3600, max_uses: 'unlimited', max_depth: 4, max_children: 5 },
    delegation: { allowed: true, delegates: [`spiffe://${TRUST_DOMAIN}/agent/**`] },
  }
}

async function made(seen: Promise<Seen>) {
  const { status, text, json } = await seen
  if (status >= 300) throw new Error(text)
  return json
}
const termsOf = (peer: Peer, terms: object) =>
  made(
    site.owner.ask('PUT', `/v1/agents/${peer.name}/contract`, {
      body: { contract: contractAt(upstream.origin), terms },
    }),
  )
const opened = async (as: Peer) =>
  (await made(as.ask('POST', '/v1/leases', { body: { scope: contractAt(upstream.origin) } }))).id
const act = (change: object = {}, as: Peer = worker): Promise<Seen> =>
  as.ask('POST', '/v1/actions', {
    body: { lease_id: lease, route: 'up', method: 'GET', path: '/repos/a', ...change },
  })
const codeOf = ({ status, json }: Seen) => [status, json.code]

beforeAll(async () => {
  upstream = await startTlsUpstream()
  const routesToml = routeToml('up', upstream.origin, 'credential = "key"')
  site = await openDeployment({}, { catalog: catalogOf(routesToml, AUDIENCE) })
  const { world } = site
  const started = await startGateway(upstream.origin, {
    routesToml,
    clock: world.clock,
    ids: world.ids,
    admitFor: () => admissionFor(world, AUDIENCE),
    receiptOf: (admitted) => signAdmission(world, admitted),
    openCredential: (wanted, claims) => chooseCredential(world, DEFAULT_TENANT, { wanted, claims }),
    onRevocation: (listener) => world.store.onRevocation(listener),
    upstream: {
      resolve: async () => ['127.0.0.1'],
      authorities: [upstream.rootPem],
      headersTimeoutMs: 300,
    },
  })
  gateway = started
  world.actions?.offer(actionsOver(started.gateway, { clock: world.clock, host: 'gateway.test' }))
  const contract = contractAt(upstream.origin)
  planner = await site.enroll('planner', { contract })
  worker = await site.enroll('worker', { contract })
  await made(
    site.owner.ask('POST', '/v1/credentials', {
      body: {
        name: 'key',
        kind: 'bearer',
        category: 'api_key',
        origins: [upstream.origin],
        fields: { value: KEY },
      },
    }),
  )
})
afterAll(async () => {
  await gateway.gateway.close({ graceMs: 0 })
  upstream.close()
  await site.close()
})
beforeEach(async () => {
  upstream.got.length = 0
  upstream.handle = ({ request, body }, response) => {
    response.statusCode = request.headers.authorization === `Bearer ${KEY}` ? 200 : 401
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ told: request.headers, url: request.url, body }))
  }
  await termsOf(planner, TERMS)
  await termsOf(worker, TERMS)
  lease = await opened(worker)
})

describe('LEASH-09: the service makes the call', () => {
  it('an upstream that demands a key answers, and the agent never sees it', async () => {
    const { status, json, text } = await act({
      method: 'POST',
      path: '/repos/a?b=c',
      headers: { 'content-type': 'application/json' },
      body: '{"x":1}',
    })
    expect([status, json.status, json.body_encoding]).toEqual([200, 200, 'text'])
    expect(JSON.parse(json.body)).toMatchObject({ url: '/repos/a?b=c', body: '{"x":1}' })
    expect(text).not.toContain(KEY)
    expect(upstream.got).toHaveLength(1)
    expect(json.receipt.split('.')).toHaveLength(3)
    expect(json.record.sequence).toBeGreaterThan(0)
  })

  it('each action is one use of the lease, with the record of a call', async () => {
    await act()
    const seen = await made(worker.ask('GET', `/v1/leases/${lease}`))
    expect(seen.uses_spent).toBe(1)
    const { text } = await site.owner.ask('GET', '/v1/audit/export')
    const events = text.split('\n').flatMap((line) => {
      const row = line === '' ? {} : JSON.parse(line)
      return typeof row.body === 'string' ? [JSON.parse(row.body)] : []
    })
    const mine = events.filter((entry) => entry.lease === lease).slice(-2)
    expect(mine.map(({ event }) => event)).toEqual(['token.minted', 'token.redeemed'])
    expect(mine[0].facts.action).toBe(true)
  })

  it('carries bytes that are no text both ways', async () => {
    upstream.handle = (_got, response) => response.end(Buffer.from([0xff, 0xfe, 0]))
    const bytes = Buffer.from([0x80, 0x81]).toString('base64')
    const { json } = await act({ method: 'POST', body_base64: bytes })
    expect([json.body_encoding, json.body]).toEqual(['base64', '//4A'])
  })
})

describe('LEASH-22: who may', () => {
  it('nobody below a holder whose terms allow no actions, as they are now', async () => {
    await termsOf(planner, { ...TERMS, actions: true })
    const root = await opened(planner)
    const { type, grants } = contractAt(upstream.origin)
    const body = { lease_id: root, delegate: worker.uri, scope: { type, grants } }
    const { token } = await made(planner.ask('POST', '/v1/delegations', { body }))
    const child = await made(worker.ask('POST', '/v1/delegations/redeem', { body: { token } }))
    expect((await act({ lease_id: child.id })).status).toBe(200)
    await termsOf(planner, { ...TERMS, actions: false })
    const told = await act({ lease_id: child.id })
    expect(codeOf(told)).toEqual([403, 'forbidden'])
    expect(told.json.reasons[0].code).toBe('actions')
    expect(upstream.got).toHaveLength(1)
  })

  it('asks the owner first where the contract asks each time: for exactly this request', async () => {
    await termsOf(worker, { ...TERMS, approval_mode: 'per_request' })
    const order = { headers: { accept: 'text/plain' }, reason: 'to look' }
    const asked = await act(order)
    expect([asked.status, asked.json.approval.kind]).toEqual([202, 'action'])
    const { id, digest, headers, pin } = asked.json.approval
    expect(headers).toEqual({ accept: 'text/plain' })
    expect(pin).toEqual({ method: 'GET', target: `${upstream.origin}/repos/a` })
    await made(site.owner.ask('POST', `/v1/approvals/${id}/approve`, { body: { digest } }))
    const changed = { ...order, headers: { accept: 'text/html' }, approval: id }
    expect(codeOf(await act(changed))).toEqual([403, 'approval_denied'])
    expect(codeOf(await act({ ...order, path: '/repos/b', approval: id }))[1]).toBe(
      'approval_denied',
    )
    expect(upstream.got).toHaveLength(0)
    expect((await act({ ...order, approval: id })).json.status).toBe(200)
    expect(codeOf(await act({ ...order, approval: id }))[1]).toBe('approval_denied')
  })
})

describe('every refusal of a call is that of an action', () => {
  const table: readonly [string, number, string, () => Promise<object> | object][] = [
    ['outside the scope', 403, 'scope_not_granted', () => ({ path: '/other' })],
    ['a path of two spellings', 400, 'malformed', () => ({ path: '/repos/../a' })],
    ['another method', 403, 'scope_not_granted', () => ({ method: 'PUT' })],
    ['a route that is not here', 404, 'not_found', () => ({ route: 'nowhere' })],
    [
      'a lease that is revoked',
      401,
      'revoked',
      async () => {
        await made(worker.ask('POST', `/v1/leases/${lease}/revoke`, { body: { reason: 'x' } }))
        return {}
      },
    ],
    [
      'a credential nobody may use',
      403,
      'credential_not_permitted',
      async () => {
        await termsOf(worker, { actions: true })
        return {}
      },
    ],
    [
      'an upstream that is silent',
      504,
      'upstream_timeout',
      () => {
        upstream.handle = () => undefined
        return {}
      },
    ],
    [
      'an answer that can not be read',
      502,
      'response_withheld',
      () => {
        upstream.handle = (_got, response) =>
          response.setHeader('content-encoding', 'gzip').end('x')
        return {}
      },
    ],
    [
      'an answer that is too long to collect',
      502,
      'response_withheld',
      () => {
        upstream.handle = (_got, response) =>
          response.end(Buffer.alloc(ACTION_ANSWER_BYTES_MAX + 1))
        return {}
      },
    ],
  ]
  it.each(table)('%s: %i %s', async (_what, status, code, prepare) => {
    const seen = await act(await prepare())
    expect(codeOf(seen)).toEqual([status, code])
    const reached = upstream.got.length > 0
    expect(seen.json.reasons.some((reason: { code: string }) => reason.code === 'spent')).toBe(
      reached,
    )
  })

  it.each([
    ['another template', { template: 'database' }],
    ['a header that says where a message ends', { headers: { 'transfer-encoding': 'chunked' } }],
    ['a token of its own', { headers: { authorization: 'Bearer x' } }],
    ['two lines in one header', { headers: { accept: 'a\r\nhost: b' } }],
    [
      'too many headers',
      {
        headers: Object.fromEntries(
          Array.from({ length: ACTION_HEADERS_MAX + 1 }, (_, i) => [`x-${i}`, '1']),
        ),
      },
    ],
    [
      'a header that is too long',
      { headers: { accept: 'a'.repeat(ACTION_HEADER_CHARACTERS_MAX + 1) } },
    ],
    ['two bodies', { body: 'a', body_base64: 'YQ==' }],
    ['a path with a line end', { path: '/repos/a\r\nx' }],
  ])('LEASH-27: %s is malformed', async (_what, change) => {
    expect(codeOf(await act(change))).toEqual([400, 'malformed'])
    expect(upstream.got).toHaveLength(0)
  })

  it('a method that no call has is told at once, and nothing is made', async () => {
    for (const method of ['CONNECT', 'TRACE', 'TRACK'])
      expect(codeOf(await act({ method }))).toEqual([405, 'method_not_allowed'])
  })

  it('an answer that breaks off is told of at once', async () => {
    upstream.handle = (_got, response) => {
      response.writeHead(200).write('begun', () => response.destroy())
    }
    expect((await act()).status).toBe(502)
  }, 5_000)
})
