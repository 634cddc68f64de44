import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Deployment, openDeployment } from '../support/http.ts'
import { type Cast, castOf, mintFrom, openLease, redemptionOf } from '../support/http-examples.ts'

let site: Deployment
let cast: Cast

beforeAll(async () => {
  site = await openDeployment({ callerRequestsPerMinute: 1_000 })
  cast = await castOf(site)
})
afterAll(() => site.close())

/** Redemptions of a planner's lease with `limits`. */
async function redemptions(limits: Parameters<typeof openLease>[1], many: number) {
  const lease = await openLease(cast.planner, limits)
  const tokens: object[] = []
  for (let turn = 0; turn < many; turn += 1) {
    const { token } = await mintFrom(cast.planner, lease)
    tokens.push(redemptionOf(token, cast.planner))
  }
  return { lease, tokens }
}

describe('a rate at the API', () => {
  it('is told with each call that counts, alone and in a batch, and with the refusal', async () => {
    const rate = { requests: 2, per_seconds: 60 }
    const { lease, tokens } = await redemptions({ rate }, 4)
    const [first, ...others] = tokens
    const alone = await cast.gateway.ask('POST', '/v1/tokens/redeem', { body: first })
    expect(alone).toMatchObject({
      status: 200,
      json: { rate: { limit: 2, remaining: 1, per_seconds: 60 } },
    })
    expect(alone.json.rate.reset_seconds).toBeGreaterThan(55)
    const batch = await cast.gateway.ask('POST', '/v1/redemptions', { body: { items: others } })
    const isOk = ({ ok }: { ok: boolean }) => ok
    const [spent, ...refused] = batch.json.items.toSorted(
      (a: { ok: boolean }, b: { ok: boolean }) => Number(isOk(b)) - Number(isOk(a)),
    )
    expect(spent.rate).toMatchObject({ limit: 2, remaining: 0 })
    for (const { problem } of refused) {
      expect(problem).toMatchObject({
        status: 429,
        code: 'rate_limited',
        limit_type: 'rate',
        rate: {
          limit: 2,
          remaining: 0,
          per_seconds: 60,
          reset_seconds: problem.retry_after_seconds,
        },
      })
    }
    const rows = await site.world.store.read((reads) => reads.auditRows({}, 1_000))
    const told = rows.map(({ body }) => JSON.parse(body)).filter((one) => one.lease === lease)
    const limited = told.filter(({ outcome }) => outcome === 'rate_limited')
    expect(limited).toHaveLength(2)
    expect(limited[0].facts).toMatchObject({ limit: 2, perSeconds: 60, lease })
  })

  it('is refused with when to come again, in the headers too', async () => {
    const { tokens } = await redemptions({ rate: { requests: 1, per_seconds: 60 } }, 2)
    await cast.gateway.ask('POST', '/v1/tokens/redeem', { body: tokens[0] })
    const seen = await cast.gateway.ask('POST', '/v1/tokens/redeem', { body: tokens[1] })
    expect(seen.status).toBe(429)
    expect(Number(seen.headers['retry-after'])).toBeGreaterThan(55)
    expect(seen.headers).toMatchObject({
      'x-ratelimit-limit': '1',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': seen.headers['retry-after'],
      'ratelimit-policy': '"writ";q=1;w=60',
    })
  })

  it('a lease without one is told of none', async () => {
    const { tokens } = await redemptions({}, 1)
    const seen = await cast.gateway.ask('POST', '/v1/tokens/redeem', { body: tokens[0] })
    expect(seen.json.rate).toBeNull()
    expect(seen.headers['x-ratelimit-limit']).toBeUndefined()
  })

  it('what else is used up says so: uses and budgets', async () => {
    const uses = await redemptions({ max_uses: 1 }, 2)
    const budgets = await redemptions({ budgets: [{ unit: 'USD', decimals: 2, amount: 1 }] }, 1)
    const costs = [{ unit: 'USD', decimals: 2, amount: 2 }]
    const items = [...uses.tokens, { ...budgets.tokens[0], costs }]
    const seen = await cast.gateway.ask('POST', '/v1/redemptions', { body: { items } })
    const [, , short] = seen.json.items
    const used = seen.json.items.slice(0, 2).find(({ ok }: { ok: boolean }) => !ok)
    expect(used.problem).toMatchObject({ code: 'uses_exhausted', limit_type: 'uses' })
    const code = 'budget_exhausted'
    expect(short.problem).toMatchObject({ status: 402, code, limit_type: 'budget' })
  })
})
