import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ANOMALY_RULES, type AnomalyAction, type AnomalyRule } from '../../src/domain/anomaly.ts'
import {
  ANOMALY_REFUSALS,
  WATCH_DUTY_SECONDS,
  WATCH_LOOK_MS,
  WATCH_ROUNDS_MAX,
  WATCH_ROWS_MAX,
} from '../../src/domain/limits.ts'
import { Watcher } from '../../src/usecases/watch/watcher.ts'
import { CONTRACT, type Deployment, openDeployment, type Peer } from '../support/http.ts'
import { mintFrom, openLease, redemptionOf } from '../support/http-examples.ts'

let site: Deployment
let gateway: Peer
const watchers: Watcher[] = []
const lags: number[] = []

beforeAll(async () => {
  site = await openDeployment()
  gateway = await site.enroll('gate', { role: 'enforcement' })
})
afterEach(async () => {
  await Promise.all(watchers.splice(0).map((one) => one.close()))
})
afterAll(() => site.close())

function watcher(action: AnomalyAction = 'alert', only?: AnomalyRule): Watcher {
  const actions = Object.fromEntries(
    ANOMALY_RULES.map((rule) => [rule, only === undefined || rule === only ? action : 'off']),
  ) as Record<AnomalyRule, AnomalyAction>
  const made = new Watcher({
    world: site.world,
    actions,
    lag: (seconds) => void lags.push(seconds),
    failed: (fault) => {
      throw fault
    },
  })
  watchers.push(made)
  return made
}

async function redeem(token: string, peer: Peer, address = '192.0.2.1') {
  const body = redemptionOf(token, peer) as { peer: object }
  const told = { ...body, peer: { ...body.peer, address } }
  return gateway.ask('POST', '/v1/tokens/redeem', { body: told })
}

async function alertsOf(kind: string) {
  const { json } = await site.operator.ask('GET', `/v1/alerts?kind=${kind}`)
  return json.items
}

async function askTooMuch(peer: Peer, times = ANOMALY_REFUSALS): Promise<void> {
  const lease = await openLease(peer)
  const grant = { type: 'http', hosts: ['elsewhere.example'], methods: ['GET'], paths: ['/a'] }
  const scope = { type: 'urn:writ:scope:v1', grants: [grant] }
  const body = { lease_id: lease, delegate: peer.uri, scope }
  for (let n = 0; n < times; n += 1) {
    expect((await peer.ask('POST', '/v1/delegations', { body })).status).toBe(403)
  }
}

describe('the watcher', () => {
  it('raises nothing for ordinary work, and is not behind', async () => {
    const one = watcher()
    await one.look()
    const planner = await site.enroll('ordinary')
    const lease = await openLease(planner)
    for (let n = 0; n < 5; n += 1) {
      const { token } = await mintFrom(planner, lease)
      expect((await redeem(token, planner)).status).toBe(200)
    }
    await askTooMuch(planner, ANOMALY_REFUSALS - 1)
    await one.look()
    const { json } = await site.operator.ask('GET', '/v1/alerts')
    expect(json.items).toEqual([])
    expect(lags.at(-1)).toBe(0)
  })

  it('tells of a token that comes again from another address, with one record', async () => {
    const one = watcher()
    await one.look()
    const planner = await site.enroll('replayed')
    const lease = await openLease(planner)
    const { token, jti } = await mintFrom(planner, lease)
    expect((await redeem(token, planner)).status).toBe(200)
    expect((await redeem(token, planner, '198.51.100.7')).json.code).toBe('token_used')
    await one.look()
    const [alert] = await alertsOf('anomaly.replay')
    expect(alert).toMatchObject({
      severity: 'critical',
      subject: `agent:${planner.uri}`,
      lease_id: lease,
      owner: 'owner',
      facts: { jti, how: 'another_address', address: '198.51.100.7', quarantined: false },
    })
    await one.look()
    expect(await alertsOf('anomaly.replay')).toHaveLength(1)
    const audit = await site.owner.ask('GET', '/v1/audit?limit=200')
    const bodies = audit.json.items.map(({ body }: { body: string }) => JSON.parse(body))
    const found = bodies.filter(({ event }: { event: string }) => event === 'anomaly.found')
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ actor: 'authority', facts: { rule: 'replay' } })
  })

  it('quarantines when it is told to, until an owner lifts it', async () => {
    const one = watcher('quarantine', 'refusals')
    await one.look()
    const planner = await site.enroll('curious')
    await askTooMuch(planner)
    await one.look()
    const [alert] = await alertsOf('anomaly.refusals')
    expect(alert.facts).toMatchObject({ refusals: ANOMALY_REFUSALS, quarantined: true })
    const refused = await planner.ask('GET', '/v1/leases')
    expect([refused.status, refused.json.code]).toEqual([401, 'suspended'])
    const revocations = await site.owner.ask('GET', '/v1/revocations')
    expect(revocations.json.items[0]).toMatchObject({
      subject: `agent:${planner.uri}`,
      effect: 'suspended',
      reason: 'quarantine: refusals',
    })
    const path = `/v1/revocations/${encodeURIComponent(`agent:${planner.uri}`)}`
    expect((await site.operator.ask('DELETE', path)).status).toBe(403)
    expect((await site.owner.ask('DELETE', path)).status).toBe(204)
    expect((await planner.ask('GET', '/v1/leases')).status).toBe(200)
  })

  it('LEASH-21: suspends an agent over the rate of its contract, and tells its owner', async () => {
    const one = watcher('quarantine', 'rate_exceeded')
    await one.look()
    const planner = await site.enroll('fast')
    const rate = { hour: 2, day: 'unlimited' }
    const terms = { rate, approval_mode: 'auto_within_contract' }
    const body = { contract: CONTRACT, terms }
    const set = await site.owner.ask('PUT', '/v1/agents/fast/contract', { body })
    expect([set.status, set.text]).toEqual([200, set.text])
    const lease = await openLease(planner)
    const codes = []
    for (let n = 0; n < 3; n += 1) {
      const { token } = await mintFrom(planner, lease)
      codes.push((await redeem(token, planner)).json.code)
    }
    expect(codes).toEqual([undefined, undefined, 'rate_limited'])
    await one.look()
    const [alert] = await alertsOf('contract.rate_exceeded')
    expect(alert).toMatchObject({ severity: 'critical', owner: 'owner', facts: { limit: 2 } })
    expect((await planner.ask('GET', '/v1/leases')).json.code).toBe('suspended')
    const revocations = await site.owner.ask('GET', '/v1/revocations')
    expect(revocations.json.items[0].reason).toContain('rate of its contract')
  })

  it('says nothing of a rule that is off', async () => {
    const before = (await alertsOf('anomaly.refusals')).length
    const one = watcher('off')
    await one.look()
    await askTooMuch(await site.enroll('ignored'))
    await one.look()
    expect(await alertsOf('anomaly.refusals')).toHaveLength(before)
  })

  it('is one of several; another goes on where it stopped, and finds nothing twice', async () => {
    const first = watcher('alert', 'refusals')
    const second = watcher('alert', 'refusals')
    await first.look()
    const before = (await alertsOf('anomaly.refusals')).length
    await askTooMuch(await site.enroll('shared'))
    await Promise.all([first.look(), second.look()])
    expect(await alertsOf('anomaly.refusals')).toHaveLength(before + 1)
    await first.close()
    await second.look()
    expect(await alertsOf('anomaly.refusals')).toHaveLength(before + 1)
    await askTooMuch(await site.enroll('shared2'))
    await second.look()
    expect(await alertsOf('anomaly.refusals')).toHaveLength(before + 2)
  })

  it('that lost its duty without knowing writes nothing', async () => {
    const first = watcher('quarantine', 'refusals')
    await first.look()
    const before = (await alertsOf('anomaly.refusals')).length
    const planner = await site.enroll('late')
    await askTooMuch(planner)
    const { watch } = site.world.store
    const take = watch.take
    Object.assign(watch, { take: async () => true })
    site.advance(2 * WATCH_DUTY_SECONDS)
    expect(await take('somebody else')).toBe(true)
    await first.look()
    Object.assign(watch, { take })
    expect(await alertsOf('anomaly.refusals')).toHaveLength(before)
    expect((await planner.ask('GET', '/v1/leases')).status).toBe(200)
    await watch.leave('somebody else')
  })

  it('keeps up with far more than an authority decides in a look', () => {
    expect((WATCH_ROWS_MAX * WATCH_ROUNDS_MAX * 1_000) / WATCH_LOOK_MS).toBeGreaterThanOrEqual(
      10_000,
    )
  })
})
