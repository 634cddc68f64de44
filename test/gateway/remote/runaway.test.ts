import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ScopeLimits } from '../../../src/domain/scope/types.ts'
import { mint, must, openLease } from '../../faults/calls.ts'
import type { Member } from '../../faults/deployment.ts'
import { usd } from '../../support/budgets.ts'
import { openSite, type RemoteSite } from './site.ts'

const COST = 'cost = [{ unit = "USD", decimals = 2, amount = 3 }]'
/** Far more turns than any of the limits below allows. */
const TURNS = 40

let site: RemoteSite
let worker: Member

beforeAll(async () => {
  site = await openSite({ gateways: 1, cost: COST })
  worker = await site.enroll('worker', 8)
}, 60_000)
afterAll(() => site.end())

const leaseWith = (limits: Partial<ScopeLimits>) =>
  openLease(worker, { ...site.scope, limits: { ...site.scope.limits, ...limits } })

/** An agent that calls until it is refused, each time with a fresh token. */
async function loop(lease: string) {
  for (let turn = 0; turn < TURNS; turn += 1) {
    const [token = ''] = await mint(worker, lease, 1)
    const { statusCode, headers, body } = await request(`${site.urls[0]}/count/loop/${lease}`, {
      dispatcher: worker.calls,
      headers: { authorization: `Bearer ${token}` },
    })
    await body.dump()
    if (headers['writ-refusal'] === undefined) continue
    return { turns: turn, status: statusCode, code: headers['writ-refusal'], headers }
  }
  throw new Error('nothing stopped the loop')
}
const reached = (lease: string) => site.reached.get(`/loop/${lease}`) ?? 0

describe('KS-16: a runaway loop ends', () => {
  it('at its budget', async () => {
    const lease = await leaseWith({ budgets: [usd(31)] })
    const ended = await loop(lease)
    expect(ended).toMatchObject({ turns: 10, status: 402, code: 'budget_exhausted' })
    expect(reached(lease)).toBe(10)
  }, 60_000)

  it('at its rate, and is told when to come again', async () => {
    const lease = await leaseWith({ rate: { requests: 5, per_seconds: 600 } })
    const { headers, ...ended } = await loop(lease)
    expect(ended).toMatchObject({ turns: 5, status: 429, code: 'rate_limited' })
    expect(Number(headers['retry-after'])).toBeGreaterThan(500)
    expect(headers).toMatchObject({ 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '0' })
    expect(reached(lease)).toBe(5)
  }, 60_000)

  it('at its depth, when it hands itself on', async () => {
    let lease = await leaseWith({ max_depth: 2 })
    let depth = 0
    const handOn = async () => {
      const { type, grants } = site.scope
      const order = { lease_id: lease, delegate: worker.uri, scope: { type, grants } }
      const path = '/v1/delegations'
      const asked = await worker.api.call<{ token: string }>({ method: 'POST', path, body: order })
      if (!asked.ok) return asked.problem.code
      const body = { token: asked.value.token }
      lease = (await must<{ id: string }>(worker.api, `${path}/redeem`, body)).id
      depth += 1
      return undefined
    }
    let code: string | undefined
    for (let turn = 0; turn < TURNS && code === undefined; turn += 1) code = await handOn()
    expect([code, depth]).toEqual(['depth_exceeded', 2])
  }, 60_000)
})
