import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SETTLE_BATCH_MAX } from '../../src/domain/limits.ts'
import { usd } from '../support/budgets.ts'
import {
  type Asker,
  type Deployment,
  openDeployment,
  type Peer,
  type Seen,
} from '../support/http.ts'
import { type Cast, castOf, mintFrom, openLease, redemptionOf } from '../support/http-examples.ts'

let site: Deployment
let cast: Cast
let other: Peer

beforeAll(async () => {
  site = await openDeployment({ callerRequestsPerMinute: 1_000 })
  cast = await castOf(site)
  other = await site.enroll('other-gate', { role: 'enforcement' })
})
afterAll(() => site.close())

const budgets = [usd(100)]

/** A call of a fresh lease with a budget of one dollar. */
async function redeemedCall(costs = [usd(10)], as: Peer = cast.gateway) {
  const lease = await openLease(cast.planner, { budgets })
  const { token, jti } = await mintFrom(cast.planner, lease)
  const body = { items: [redemptionOf(token, cast.planner, costs)] }
  const [item] = (await as.ask('POST', '/v1/redemptions', { body })).json.items
  return { lease, jti, item }
}

const settle = (
  { lease, jti }: { lease: string; jti: string },
  actual: unknown,
  as: Asker = cast.gateway,
): Promise<Seen> =>
  as.ask('POST', '/v1/settlements', { body: { items: [{ root_id: lease, jti, actual }] } })
const outcomeOf = (seen: Seen): string => {
  const [item] = seen.json.items
  return item.ok ? 'settled' : item.problem.code
}
const left = async (lease: string, as: Asker = cast.planner): Promise<Seen> =>
  as.ask('GET', `/v1/leases/${lease}/budgets`)

describe('budgets over the API', () => {
  it('I11: a redemption reserves what its enforcement point states, and settles it', async () => {
    const call = await redeemedCall()
    expect(call.item).toMatchObject({ ok: true, reserved: [usd(10)] })
    const held = { ...usd(100), reserved: 10, spent: 0, remaining: 90, percent: 10 }
    expect((await left(call.lease)).json).toEqual({ items: [held] })
    const settled = await settle(call, [usd(4)])
    expect(settled.json.items).toEqual([
      { ok: true, jti: call.jti, lease_id: call.lease, spent: [usd(4)], again: false },
    ])
    const spent = { ...usd(100), reserved: 0, spent: 4, remaining: 96, percent: 4 }
    expect((await left(call.lease)).json).toEqual({ items: [spent] })
  })

  it('I11: a call without a cost of its unit is refused, and one that costs too much', async () => {
    const free = await redeemedCall([])
    expect(free.item.problem.code).toBe('limit_unenforceable')
    const dear = await redeemedCall([usd(101)])
    expect(dear.item.problem).toMatchObject({ code: 'budget_exhausted', status: 402 })
  })

  it('a cost that is no cost is malformed', async () => {
    const odd = [[usd(-1)], [usd(1.5)], [usd(1), usd(1)], [{ unit: 'USD', amount: 1 }], 'USD']
    for (const costs of odd) {
      const call = await redeemedCall(costs as never)
      expect(call.item.problem.code).toBe('malformed')
    }
  })

  it('a token minted with a narrower budget may not cost more than that', async () => {
    const lease = await openLease(cast.planner, { budgets })
    const scope = {
      type: 'urn:writ:scope:v1',
      grants: [{ type: 'http' }],
      limits: { budgets: [usd(5)] },
    }
    const body = { lease_id: lease, audience: 'https://gateway.example:9443/github', scope }
    const { token } = (await cast.planner.ask('POST', '/v1/tokens', { body })).json.tokens[0]
    const redeem = async (amount: number) => {
      const items = [redemptionOf(token, cast.planner, [usd(amount)])]
      const seen = await cast.gateway.ask('POST', '/v1/redemptions', { body: { items } })
      return seen.json.items[0].problem?.code ?? 'allowed'
    }
    expect(await redeem(6)).toBe('budget_exhausted')
    expect(await redeem(5)).toBe('allowed')
  })

  it('settlements have an outcome each: more, again, otherwise, unknown', async () => {
    const call = await redeemedCall()
    const unknown = { lease: call.lease, jti: 'AAAAAAAAAAAAAAAAAAAAAA' }
    expect(outcomeOf(await settle(call, [usd(11)]))).toBe('malformed')
    expect(outcomeOf(await settle(unknown, 'released'))).toBe('not_found')
    expect(outcomeOf(await settle(call, [usd(4)]))).toBe('settled')
    expect((await settle(call, [usd(4)])).json.items[0].again).toBe(true)
    expect(outcomeOf(await settle(call, 'released'))).toBe('conflict')
  })

  it('another enforcement point can not tell a foreign call from an unknown one', async () => {
    const call = await redeemedCall()
    expect(outcomeOf(await settle(call, 'released', other))).toBe('not_found')
    expect((await left(call.lease)).json.items[0].reserved).toBe(10)
  })

  it('an enforcement point that was revoked settles nothing', async () => {
    const gone = await site.enroll('gone-gate', { role: 'enforcement' })
    const call = await redeemedCall([usd(10)], gone)
    const body = { subject: `agent:${gone.uri}`, effect: 'revoked', reason: 'a test' }
    await site.owner.ask('POST', '/v1/revocations', { body })
    expect((await settle(call, 'released', gone)).status).toBe(401)
  })

  it('owners and operators settle by hand, agents do not', async () => {
    const [first, second] = [await redeemedCall(), await redeemedCall()]
    expect((await settle(first, 'released', cast.planner)).status).toBe(403)
    expect(outcomeOf(await settle(first, 'released', site.owner))).toBe('settled')
    expect(outcomeOf(await settle(second, [usd(10)], site.operator))).toBe('settled')
  })

  it('what is open is listed to holders and people, and to no stranger', async () => {
    const { lease, jti } = await redeemedCall()
    const path = `/v1/leases/${lease}/reservations`
    const seen = await cast.planner.ask('GET', path)
    expect(seen.json).toEqual({
      items: [
        {
          ...usd(10),
          root_id: lease,
          lease_id: lease,
          jti,
          point: cast.gateway.uri,
          at: expect.stringMatching(/Z$/),
        },
      ],
      cursor: null,
    })
    expect((await site.operator.ask('GET', path)).json.items).toHaveLength(1)
    expect((await cast.worker.ask('GET', path)).status).toBe(404)
    expect((await left(lease, cast.worker)).status).toBe(404)
  })

  it('one request settles at most 64 calls', async () => {
    const item = { root_id: (await redeemedCall()).lease, jti: 'A'.repeat(22), actual: 'released' }
    const ask = (count: number) =>
      cast.gateway.ask('POST', '/v1/settlements', { body: { items: Array(count).fill(item) } })
    expect((await ask(SETTLE_BATCH_MAX)).status).toBe(200)
    expect((await ask(SETTLE_BATCH_MAX + 1)).status).toBe(400)
    expect((await ask(0)).status).toBe(400)
  })

  it('a delegation keeps the budget, and a child spends of its parent', async () => {
    const lease = await openLease(cast.planner, { budgets })
    const part = { type: 'urn:writ:scope:v1', grants: [{ type: 'http' }] }
    const delegate = (limits: object) =>
      cast.planner.ask('POST', '/v1/delegations', {
        body: { lease_id: lease, delegate: cast.worker.uri, scope: { ...part, limits } },
      })
    expect((await delegate({ budgets: [usd(101)] })).json.code).toBe('not_narrower')
    expect((await delegate({ budgets: [] })).json.code).toBe('not_narrower')
    const { token } = (await delegate({ budgets: [usd(80)] })).json
    const child = (await cast.worker.ask('POST', '/v1/delegations/redeem', { body: { token } }))
      .json
    const call = await mintFrom(cast.worker, child.id)
    const body = { items: [redemptionOf(call.token, cast.worker, [usd(30)])] }
    await cast.gateway.ask('POST', '/v1/redemptions', { body })
    expect((await left(child.id)).json.items[0].remaining).toBe(50)
    expect((await left(lease)).json.items[0].remaining).toBe(70)
  })

  it('how a budget stood is told from the calls below a lease, and ends as it is counted', async () => {
    const lease = await openLease(cast.planner, { budgets })
    const call = async (cost: number) => {
      const { token, jti } = await mintFrom(cast.planner, lease)
      const body = { items: [redemptionOf(token, cast.planner, [usd(cost)])] }
      await cast.gateway.ask('POST', '/v1/redemptions', { body })
      return { lease, jti }
    }
    await settle(await call(10), [usd(4)])
    await settle(await call(20), 'released')
    await call(7)
    const path = `/v1/leases/${lease}/budgets/history`
    const { json } = await cast.planner.ask('GET', path)
    const [{ points, ...ceiling }] = json.items
    expect(ceiling).toEqual(usd(100))
    expect(points.length).toBeGreaterThan(10)
    expect(points.at(-1)).toMatchObject({ spent: 4, reserved: 7 })
    expect((await left(lease)).json.items[0]).toMatchObject({ spent: 4, reserved: 7 })
    expect((await cast.worker.ask('GET', path)).json.code).toBe('not_found')
  })
})
