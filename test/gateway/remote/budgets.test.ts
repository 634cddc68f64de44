import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BudgetView, ReservationView } from '../../../src/client/views/budgets.ts'
import type { PageView } from '../../../src/client/views/common.ts'
import { mint, openLease, present } from '../../faults/calls.ts'
import type { Member } from '../../faults/deployment.ts'
import { usd } from '../../support/budgets.ts'
import { openSite, type RemoteSite } from './site.ts'

const COST = 'cost = [{ unit = "USD", decimals = 2, amount = 3 }]'

let site: RemoteSite
let worker: Member

beforeAll(async () => {
  site = await openSite({ gateways: 2, cost: COST })
  worker = await site.enroll('worker', 64)
}, 60_000)
afterAll(() => site.end())

const at = (gateway: number) => site.urls[gateway % site.urls.length] ?? ''

async function asked<T>(path: string): Promise<T> {
  const answer = await site.owner.call<T>({ method: 'GET', path })
  if (!answer.ok) throw new Error(JSON.stringify(answer.problem))
  return answer.value
}

async function lease(cents: number): Promise<string> {
  const { scope } = site
  return openLease(worker, { ...scope, limits: { ...scope.limits, budgets: [usd(cents)] } })
}

/** `[reserved, spent]` of a lease, as soon as `open` is what is reserved. */
async function account(id: string, open: number): Promise<readonly [number, number]> {
  for (let turn = 0; ; turn += 1) {
    const { items } = await asked<{ items: readonly BudgetView[] }>(`/v1/leases/${id}/budgets`)
    const [budget] = items
    if (budget === undefined) throw new Error('a lease with a budget')
    if (budget.reserved === open || turn > 100) return [budget.reserved, budget.spent]
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('budgets at two gateways without a store', () => {
  it('I11: 64 calls at once spend what fits, and every one of them is settled', async () => {
    const id = await lease(31)
    const tokens = await mint(worker, id, 64)
    const outcomes = await Promise.all(
      tokens.map((token, n) => present(worker, at(n), token, `/paid/${n}`)),
    )
    expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(10)
    expect(new Set(outcomes)).toEqual(new Set(['spent', 'refused:budget_exhausted']))
    expect(await account(id, 0)).toEqual([0, 30])
  }, 60_000)

  it('I11: a gateway killed while it waits leaves the reservation, which people settle', async () => {
    const id = await lease(10)
    const [token = ''] = await mint(worker, id, 1)
    const lost = present(worker, at(0), token, '/silent/1').catch(() => 'lost')
    for (let turn = 0; turn < 200 && !site.reached.has('/silent/1'); turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await site.gateways[0]?.kill()
    await lost
    expect(await account(id, 3)).toEqual([3, 0])
    const path = `/v1/leases/${id}/reservations`
    const { items } = await asked<PageView<ReservationView>>(path)
    const [held] = items
    expect(held).toMatchObject({ ...usd(3), point: 'spiffe://writ.local/gateway/gate-0' })
    const body = { items: [{ root_id: id, jti: held?.jti, actual: [usd(1)] }] }
    await site.owner.call({ method: 'POST', path: '/v1/settlements', body })
    expect(await account(id, 0)).toEqual([0, 1])
  }, 60_000)
})
