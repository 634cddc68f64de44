import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveHandles } from '../../src/compose/calls.ts'
import { createEndings } from '../../src/compose/process.ts'
import {
  HANDLE_ADDRESSES_MAX,
  HANDLE_MISSES_PER_MINUTE,
  HANDLE_TTL_SECONDS_DEFAULT,
  HANDLES_PER_LEASE_MAX,
} from '../../src/domain/limits.ts'
import { readRouteTable } from '../../src/gateway/route-table.ts'
import { createLog } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { readConfig } from '../../src/settings/config.ts'
import { type Deployment, openDeployment, type Peer } from '../support/http.ts'

const RESOURCE = 'https://gateway.example/up'
const endings = createEndings()
const lines: string[] = []
let site: Deployment
let upstream: Server
let upstreamPort: number
let seen: (string | undefined)[] = []
let planner: Peer
let handles: string

beforeAll(async () => {
  site = await openDeployment({ callerRequestsPerMinute: 2_000 })
  upstream = createServer((incoming, response) => {
    seen.push(incoming.headers.authorization)
    if (incoming.url === '/slow') response.write('begun')
    else response.end(`${incoming.method} ${incoming.url}`)
  })
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  upstreamPort = (upstream.address() as AddressInfo).port
  planner = await site.enroll('planner', { contract: scopeOf() as never })
  const read = readConfig({ flags: { 'listeners.handles': '127.0.0.1:0' } })
  const toml = `[[route]]\nname = "up"\nupstream = "http://127.0.0.1:${upstreamPort}"\nresource = "${RESOURCE}"`
  const table = readRouteTable({ name: 'routes.toml', text: toml })
  if (!read.ok || !table.ok) throw new Error('the settings are wrong')
  const log = createLog({ level: 'debug', destination: { write: (line) => lines.push(line) } })
  const opened = { world: site.world, log, metrics: createMetrics() }
  handles = (await serveHandles(read.config, opened, table.routes, endings)).handles ?? ''
})
afterAll(async () => {
  await endings.run()
  upstream.closeAllConnections()
  upstream.close()
  await site.close()
})

/** A scope on the upstream, as a contract or a lease, with these limits. */
function scopeOf(limits: object = {}, requires: object = {}): object {
  const http = { type: 'http', schemes: ['http'], hosts: ['127.0.0.1'], ports: [upstreamPort] }
  return {
    type: 'urn:writ:scope:v1',
    grants: [{ ...http, methods: ['GET'], paths: ['/a/**', '/slow'], private_net: true }],
    audiences: [RESOURCE],
    limits: { ttl_seconds: 3600, max_uses: 'unlimited', max_depth: 4, ...limits },
    requires,
    delegation: { allowed: true, delegates: ['spiffe://acme.example/agent/**'] },
  }
}

async function leaseOf(limits: object = {}, requires: object = {}): Promise<string> {
  const opened = await planner.ask('POST', '/v1/leases', {
    body: { scope: { ...scopeOf(limits, requires), delegation: undefined }, ttl_seconds: 3_600 },
  })
  if (opened.status !== 201) throw new Error(opened.text)
  return opened.json.id
}

async function handleOf(lease: string, more: object = {}) {
  const body = { lease_id: lease, label: 'ci', ...more }
  const made = await planner.ask('POST', '/v1/handles', { body })
  if (made.status !== 201) throw new Error(made.text)
  return made.json as { id: string; handle: string; expires_at: string }
}

async function call(handle: string, path = '/proxy/up/a/1') {
  const answer = await request(`${handles}${path}`, {
    headers: { authorization: `Bearer ${handle}` },
  })
  const refusal = answer.headers['writ-refusal']
  return { status: answer.statusCode, refusal, text: await answer.body.text() }
}

describe('a handle', () => {
  it('calls within its lease by a header alone, again and again', async () => {
    const { handle } = await handleOf(await leaseOf())
    expect(handle).toMatch(/^wrt_[A-Za-z0-9_-]{43}$/)
    seen = []
    for (const _ of [1, 2]) {
      expect(await call(handle)).toEqual({ status: 200, refusal: undefined, text: 'GET /a/1' })
    }
    expect(seen).toEqual([undefined, undefined])
    expect((await call(handle, '/proxy/up/b')).refusal).toBe('scope_not_granted')
    expect((await call(handle, '/up/a/1')).refusal).toBe('not_found')
    expect((await call(handle, '/proxy/other/a/1')).refusal).toBe('not_found')
  })

  it('I12: is told once, and kept and logged as a digest only', async () => {
    const { id, handle } = await handleOf(await leaseOf())
    await call(handle)
    const listed = await site.owner.ask('GET', '/v1/handles')
    expect(listed.text).toContain(id)
    const trail = await site.owner.ask('GET', '/v1/audit?limit=1000')
    for (const text of [listed.text, trail.text, lines.join('\n'), site.lines.join('\n')]) {
      expect(text).not.toContain(handle)
      expect(text).not.toContain(handle.slice(4))
    }
  })

  it('I10: each call has a record that names lease, holder and the digest of the handle', async () => {
    const lease = await leaseOf()
    const { handle } = await handleOf(lease)
    await call(handle)
    const trail = await site.owner.ask('GET', `/v1/audit?limit=1000`)
    const texts: string[] = trail.json.items.map((one: unknown) => JSON.stringify(one))
    const digest = createHash('sha256').update(handle).digest()
    const spellings = [digest.toString('base64url'), digest.toString('hex')]
    const calls = texts.filter((text) => spellings.some((one) => text.includes(one)))
    expect(calls.length).toBeGreaterThan(0)
    const used = calls.filter((text) => text.includes('redeemed'))
    expect(used).toHaveLength(1)
    expect(used[0]).toContain(lease)
    expect(used[0]).toContain(planner.uri)
  })

  it('can not mint, open, delegate or revoke: it opens nothing but its calls', async () => {
    const lease = await leaseOf()
    const { handle } = await handleOf(lease)
    const bearer = site.bearer(handle)
    for (const [path, body] of [
      ['/v1/tokens', { lease_id: lease, audience: RESOURCE }],
      ['/v1/leases', { scope: scopeOf() }],
      ['/v1/delegations', { lease_id: lease, delegate: planner.uri, scope: scopeOf() }],
      ['/v1/handles', { lease_id: lease, label: 'more' }],
      [`/v1/leases/${lease}/revoke`, { reason: 'x' }],
    ] as const) {
      const refused = await bearer.ask('POST', path, { body })
      expect([path, refused.status, refused.json.code]).toEqual([path, 401, 'unauthenticated'])
    }
  })

  it('I11: counts against the uses of its lease, in a race too', async () => {
    const { handle } = await handleOf(await leaseOf({ max_uses: 3 }))
    const calls = await Promise.all(Array.from({ length: 10 }, () => call(handle)))
    expect(calls.filter(({ status }) => status === 200)).toHaveLength(3)
    const refusals = calls.flatMap(({ refusal }) => refusal ?? [])
    expect(refusals).toEqual(Array(7).fill('uses_exhausted'))
  })

  it('is held to the rate of its lease, and told when to come again', async () => {
    const { handle } = await handleOf(await leaseOf({ rate: { requests: 2, per_seconds: 60 } }))
    expect((await call(handle)).status).toBe(200)
    expect((await call(handle)).status).toBe(200)
    expect(await call(handle)).toMatchObject({ status: 429, refusal: 'rate_limited' })
  })

  it('I9: revoked, it starts nothing more, and what runs is cut', async () => {
    const { id, handle } = await handleOf(await leaseOf())
    const running = await request(`${handles}/proxy/up/slow`, {
      headers: { authorization: `Bearer ${handle}` },
    })
    const ended = running.body.text().catch((error: Error) => error)
    const revoked = await planner.ask('POST', `/v1/handles/${id}/revoke`, {
      body: { reason: 'leaked' },
    })
    expect(revoked.status).toBe(200)
    expect((await call(handle)).refusal).toBe('revoked')
    expect(await ended).toBeInstanceOf(Error)
  })

  it('I6: dies with its lease, and with any lease or agent above', async () => {
    const lease = await leaseOf()
    const { handle } = await handleOf(lease)
    await planner.ask('POST', `/v1/leases/${lease}/revoke`, { body: { reason: 'over' } })
    expect((await call(handle)).refusal).toBe('revoked')
  })

  it('ends at its own time, and never after its lease', async () => {
    const lease = await leaseOf()
    const read = await planner.ask('GET', `/v1/leases/${lease}`)
    const long = await handleOf(lease, { ttl_seconds: 2 * HANDLE_TTL_SECONDS_DEFAULT })
    expect(long.expires_at).toBe(read.json.expires_at)
    const usual = Date.parse((await handleOf(lease)).expires_at) / 1_000 - Date.now() / 1_000
    expect(Math.abs(usual - HANDLE_TTL_SECONDS_DEFAULT)).toBeLessThan(30)
    const { handle } = await handleOf(lease, { ttl_seconds: 1 })
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    expect((await call(handle)).refusal).toBe('expired')
  })

  it('is bound to addresses, when it says so', async () => {
    const lease = await leaseOf()
    const here = await handleOf(lease, { addresses: ['127.0.0.0/8'] })
    const there = await handleOf(lease, { addresses: ['10.0.0.0/8', '2001:db8::1'] })
    expect((await call(here.handle)).status).toBe(200)
    expect((await call(there.handle)).refusal).toBe('holder_binding_failed')
    const wrong = { lease_id: lease, label: 'x', addresses: ['10.0.0.0/33'] }
    const refused = await planner.ask('POST', '/v1/handles', { body: wrong })
    expect(refused.json.reasons[0].pointer).toBe('/addresses/0')
    const many = { ...wrong, addresses: Array(HANDLE_ADDRESSES_MAX + 1).fill('10.0.0.1') }
    expect((await planner.ask('POST', '/v1/handles', { body: many })).status).toBe(400)
  })

  it('is refused when it is bound to no address at all: empty is not everywhere', async () => {
    const body = { lease_id: await leaseOf(), label: 'x', addresses: [] }
    const refused = await planner.ask('POST', '/v1/handles', { body })
    expect([refused.status, refused.json.reasons[0].pointer]).toEqual([400, '/addresses'])
  })

  it('is bound to a certificate, which a plain connection can not show', async () => {
    const { handle } = await handleOf(await leaseOf(), { certificate: planner.thumbprint })
    expect((await call(handle)).refusal).toBe('holder_binding_failed')
  })

  it('can not show a pin, so a lease that asks for one takes no handle calls', async () => {
    const { handle } = await handleOf(await leaseOf({}, { bind_request: true }))
    expect((await call(handle)).refusal).toBe('request_mismatch')
  })

  it('is made by the holder of the lease or its owner, so many of them at once', async () => {
    const lease = await leaseOf()
    const body = { lease_id: lease, label: 'ci' }
    const stranger = await site.enroll('stranger')
    expect((await stranger.ask('POST', '/v1/handles', { body })).json.code).toBe('not_found')
    expect((await site.operator.ask('POST', '/v1/handles', { body })).json.code).toBe('forbidden')
    expect((await site.owner.ask('POST', '/v1/handles', { body })).status).toBe(201)
    const made = await site.owner.ask('POST', '/v1/operators', {
      body: { name: 'other', role: 'owner' },
    })
    const other = await site.bearer(made.json.token).ask('POST', '/v1/handles', { body })
    expect([other.status, other.json.code]).toEqual([403, 'forbidden'])
    for (let made = 1; made < HANDLES_PER_LEASE_MAX; made += 1) await handleOf(lease)
    const refused = await planner.ask('POST', '/v1/handles', { body })
    expect(refused.json.code).toBe('fanout_exceeded')
  })

  it('that nobody knows is refused, and after some of them told to come back', async () => {
    const answers = new Set<unknown>()
    for (let at = 0; at <= HANDLE_MISSES_PER_MINUTE; at += 1) {
      const { status, refusal } = await call(`wrt_${'A'.repeat(43)}`)
      answers.add(`${status} ${refusal}`)
    }
    expect([...answers]).toEqual(['401 unauthenticated', '429 rate_limited'])
    const { handle } = await handleOf(await leaseOf())
    expect((await call(handle)).status).toBe(200)
  })
})
