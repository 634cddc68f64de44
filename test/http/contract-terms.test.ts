import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AgentUri, DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { BREACH, suspendForBreach } from '../../src/usecases/agents/suspend-for-breach.ts'
import { arrive, waiting } from '../support/enrollment.ts'
import {
  type Asker,
  AUDIENCE,
  CONTRACT,
  type Deployment,
  NARROW,
  openDeployment,
  type Peer,
  type Seen,
} from '../support/http.ts'
import { delegateTo, mintFrom, openLease, redemptionOf } from '../support/http-examples.ts'

let site: Deployment
let planner: Peer
let worker: Peer
let other: Asker

beforeAll(async () => {
  site = await openDeployment()
  planner = await site.enroll('planner')
  worker = await site.enroll('worker')
  const body = { name: 'bob', role: 'owner' }
  other = site.bearer((await site.owner.ask('POST', '/v1/operators', { body })).json.token)
})
afterAll(() => site.close())

const code = ({ status, json }: Seen) => [status, json.code]
const inSeconds = (seconds: number) =>
  new Date((site.world.clock.now() + seconds) * 1_000).toISOString()
const setTerms = (name: string, terms: object) =>
  site.owner.ask('PUT', `/v1/agents/${name}/contract`, { body: { contract: CONTRACT, terms } })
const ENDED = [403, 'contract_expired']

describe('a contract that ends (LEASH-23)', () => {
  it('refuses to open, mint, delegate and renew from its end on, until it is set anew', async () => {
    const lease = await openLease(planner)
    expect((await setTerms('planner', { expires_at: inSeconds(60) })).status).toBe(200)
    site.advance(60)
    const connection = await planner.ask('GET', '/v1/connection')
    expect(connection.json.state).toBe('contract_expired')
    const asks: readonly [string, object][] = [
      ['/v1/leases', { scope: NARROW }],
      ['/v1/tokens', { lease_id: lease, audience: AUDIENCE }],
      ['/v1/delegations', { lease_id: lease, delegate: worker.uri, scope: NARROW }],
      [`/v1/leases/${lease}/renew`, { ttl_seconds: 600 }],
    ]
    for (const [path, body] of asks) {
      expect([path, ...code(await planner.ask('POST', path, { body }))]).toEqual([path, ...ENDED])
    }
    await setTerms('planner', { expires_at: null })
    expect((await planner.ask('POST', '/v1/leases', { body: { scope: NARROW } })).status).toBe(201)
  })

  it('ends what others hold under it, and what it would redeem', async () => {
    const lease = await openLease(planner)
    const token = await delegateTo(planner, lease, worker)
    const born = await worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
    const next = await delegateTo(planner, lease, worker)
    await setTerms('planner', { expires_at: inSeconds(0) })
    const body = { lease_id: born.json.id, audience: AUDIENCE }
    expect(code(await worker.ask('POST', '/v1/tokens', { body }))).toEqual(ENDED)
    const redeem = { body: { token: next } }
    expect(code(await worker.ask('POST', '/v1/delegations/redeem', redeem))).toEqual(ENDED)
    await setTerms('planner', {})
    await setTerms('worker', { expires_at: inSeconds(0) })
    expect(code(await worker.ask('POST', '/v1/delegations/redeem', redeem))).toEqual(ENDED)
    const to = { lease_id: lease, delegate: worker.uri, scope: NARROW }
    expect(code(await planner.ask('POST', '/v1/delegations', { body: to }))).toEqual([
      403,
      'delegate_not_allowed',
    ])
    await setTerms('worker', {})
  })

  it('refuses tokens that were out before its end was brought forward', async () => {
    const lease = await openLease(planner)
    const { token } = await mintFrom(planner, lease)
    await setTerms('planner', { expires_at: inSeconds(0) })
    const gateway = await site.enroll('gate', { role: 'enforcement' })
    const body = redemptionOf(token, planner)
    expect(code(await gateway.ask('POST', '/v1/tokens/redeem', { body }))).toEqual(ENDED)
    await setTerms('planner', {})
    expect((await gateway.ask('POST', '/v1/tokens/redeem', { body })).status).toBe(200)
  })

  it('no lease and no token outlives it', async () => {
    await setTerms('planner', { expires_at: inSeconds(30) })
    const end = Math.floor(site.world.clock.now()) + 30
    const opened = await planner.ask('POST', '/v1/leases', { body: { scope: NARROW } })
    expect(Date.parse(opened.json.expires_at) / 1_000).toBeLessThanOrEqual(end)
    const long = { scope: NARROW, ttl_seconds: 600 }
    expect(code(await planner.ask('POST', '/v1/leases', { body: long }))).toEqual([
      403,
      'not_narrower',
    ])
    await setTerms('planner', {})
    const lease = await openLease(planner)
    await setTerms('planner', { expires_at: inSeconds(30) })
    const body = { lease_id: lease, audience: AUDIENCE, ttl_seconds: 200 }
    const minted = await planner.ask('POST', '/v1/tokens', { body })
    expect(minted.status).toBe(201)
    expect(Date.parse(minted.json.tokens[0].expires_at) / 1_000).toBeLessThanOrEqual(end + 2)
    await setTerms('planner', {})
  })

  it('terms move the version of the contract, and stay when nothing is said of them', async () => {
    const rate = { hour: 10, day: 'unlimited' }
    const before = await setTerms('planner', { rate, categories: ['api_key'] })
    const body = { contract: CONTRACT }
    const after = await site.owner.ask('PUT', '/v1/agents/planner/contract', { body })
    expect(after.json.contract_version).toBe(before.json.contract_version + 1)
    expect(after.json.terms).toMatchObject({ rate, categories: ['api_key'] })
    await setTerms('planner', {})
  })
})

describe('LEASH-02: nobody decides in an owner’s place', () => {
  const subject = () => `agent:${planner.uri}`
  const lifting = () => `/v1/revocations/${encodeURIComponent(subject())}`

  it('another owner sets no contract, certifies no key and lifts nothing', async () => {
    const suspension = { subject: subject(), effect: 'suspended', reason: 'looks odd' }
    expect((await other.ask('POST', '/v1/revocations', { body: suspension })).status).toBe(201)
    const { csr } = await arrive('planner')
    for (const [method, path, body] of [
      ['PUT', '/v1/agents/planner/contract', { contract: CONTRACT }],
      ['POST', '/v1/agents/planner/certificate', { csr }],
      ['DELETE', lifting(), undefined],
    ] as const) {
      const seen = await other.ask(method, path, body === undefined ? {} : { body })
      expect([path, ...code(seen)]).toEqual([path, 403, 'forbidden'])
    }
    expect((await site.owner.ask('DELETE', lifting())).status).toBe(204)
  })

  it('another owner lets nobody in and turns nobody away whom it did not invite', async () => {
    const { path } = await waiting(site, await arrive('invited'))
    const body = { contract: CONTRACT }
    expect(code(await other.ask('POST', `${path}/approve`, { body }))).toEqual([403, 'forbidden'])
    expect(code(await other.ask('POST', `${path}/deny`))).toEqual([403, 'forbidden'])
    expect((await site.owner.ask('GET', path)).json.state).toBe('pending')
  })

  it('another owner lifts no suspension of a lease in a tree that is not its own', async () => {
    const lease = `lease:${await openLease(planner)}`
    const body = { subject: lease, effect: 'suspended', reason: 'looks odd' }
    await other.ask('POST', '/v1/revocations', { body })
    const path = `/v1/revocations/${encodeURIComponent(lease)}`
    expect(code(await other.ask('DELETE', path))).toEqual([403, 'forbidden'])
    expect((await site.owner.ask('DELETE', path)).status).toBe(204)
  })
})

describe('LEASH-21: who exceeds its contract', () => {
  it('is suspended with an alert in one decision, and only its own owner lifts that', async () => {
    const lease = await openLease(worker)
    const breach = { tenant: DEFAULT_TENANT, agent: worker.uri as AgentUri, reason: '61 calls' }
    const suspended = await suspendForBreach(site.world, breach)
    expect(suspended.ok && suspended.value.reason).toBe(`${BREACH}61 calls`)
    await suspendForBreach(site.world, breach)
    expect(code(await worker.ask('GET', `/v1/leases/${lease}`))).toEqual([401, 'suspended'])
    const subject = `agent:${worker.uri}`
    const alerts = await site.world.store.read((reads) =>
      reads.alerts({ tenant: DEFAULT_TENANT }, { limit: 10, cursor: null }),
    )
    const told = alerts.items.filter((alert) => alert.subject === subject)
    expect(told.map(({ kind }) => kind)).toEqual(['contract.rate_exceeded'])
    const path = `/v1/revocations/${encodeURIComponent(subject)}`
    for (const asker of [other, site.operator]) {
      expect(code(await asker.ask('DELETE', path))).toEqual([403, 'forbidden'])
    }
    expect((await site.owner.ask('DELETE', path)).status).toBe(204)
    expect((await worker.ask('GET', `/v1/leases/${lease}`)).json.state).toBe('live')
  })

  it('is not there: nothing is suspended, and the try is recorded', async () => {
    const agent = 'spiffe://acme.example/agent/nobody' as AgentUri
    const tried = await suspendForBreach(site.world, {
      tenant: DEFAULT_TENANT,
      agent,
      reason: 'x',
    })
    expect(tried.ok ? 'ok' : tried.refusal.code).toBe('not_found')
  })
})

describe('GET /v1/connection', () => {
  it('LEASH-46: declares the third tier and what that means, and claims no more', async () => {
    const seen = await planner.ask('GET', '/v1/connection')
    expect(seen.json.implementation).toMatchObject({
      tier: 3,
      name: 'local encrypted files',
      properties: { hardware_isolation: false, owner_managed_keys: false },
    })
    expect(seen.json).toMatchObject({ uri: planner.uri, owner: 'owner', state: 'active' })
  })
})
