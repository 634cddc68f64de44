import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT } from '../../../src/domain/ids.ts'
import type { Lease } from '../../../src/domain/lease.ts'
import { BUDGET_WARNING_PERCENT } from '../../../src/domain/limits.ts'
import { accept } from '../../../src/domain/result.ts'
import type { Store } from '../../../src/store/ports.ts'
import { budgetTree, settled, usd } from '../../support/budgets.ts'
import {
  agentUri,
  decide,
  OWNER,
  redeemed,
  testAgent,
  testScope,
  testSpend,
} from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

/** What was raised about a lease: kinds and percents. */
async function raisedAbout(store: Store, lease: Lease): Promise<readonly string[]> {
  const filter = { tenant: DEFAULT_TENANT, lease: lease.id }
  const { items } = await store.read((reads) => reads.alerts(filter, { limit: 50, cursor: null }))
  return items.map(({ kind, facts }) => `${kind} ${facts['percent']}`).toSorted()
}

const WARNING = `budget.warning ${BUDGET_WARNING_PERCENT}`
const EXHAUSTED = 'budget.exhausted 100'

/** Who is told how much of a budget is used: with the call that used it. */
export function budgetAlertsContract(openPlace: OpenPlace): void {
  describe('budgets: their owner is told', () => {
    const spend = (lease: Lease, cents: number) => testSpend(lease, { costs: [usd(cents)] })

    it('once at the warning and once at the end, for each lease that has reached it', async () => {
      const { store, root, middle, leaf } = await budgetTree(openPlace)
      expect(await redeemed(store, spend(leaf, 47))).toBe('spent')
      expect(await raisedAbout(store, leaf)).toEqual([])
      expect(await redeemed(store, spend(leaf, 1)), '48 of 60').toBe('spent')
      expect(await redeemed(store, spend(leaf, 1))).toBe('spent')
      for (const lease of [middle, leaf]) {
        expect(await raisedAbout(store, lease)).toEqual([WARNING])
      }
      expect(await redeemed(store, spend(leaf, 11)), 'all of it').toBe('spent')
      expect(await redeemed(store, spend(leaf, 1))).toBe('budget_exhausted')
      for (const lease of [middle, leaf]) {
        expect(await raisedAbout(store, lease)).toEqual([EXHAUSTED, WARNING])
      }
      expect(await raisedAbout(store, root), '60 of 100').toEqual([])
    })

    it('with what is used, to the principal of the tree', async () => {
      const { store, leaf } = await budgetTree(openPlace)
      await redeemed(store, spend(leaf, 60))
      const filter = { tenant: DEFAULT_TENANT, lease: leaf.id }
      const page = { limit: 5, cursor: null }
      const { items } = await store.read((reads) => reads.alerts(filter, page))
      expect(items).toMatchObject([
        {
          kind: 'budget.exhausted',
          severity: 'critical',
          subject: `lease:${leaf.id}`,
          owner: OWNER,
          facts: { unit: 'USD', amount: '0.60', reserved: '0.60', spent: '0.00', percent: 100 },
        },
      ])
    })

    it('never twice, though what was reserved is given back and spent again', async () => {
      const { store, leaf } = await budgetTree(openPlace)
      for (let turn = 0; turn < 3; turn += 1) {
        const call = spend(leaf, 60)
        expect(await redeemed(store, call)).toBe('spent')
        expect(await settled(store, call, 'released')).toBe('settled')
      }
      expect(await raisedAbout(store, leaf)).toEqual([EXHAUSTED])
    })

    it('of a rest that no call fits in any more, and of no call that asks for too much', async () => {
      const { store, middle, leaf } = await budgetTree(openPlace)
      expect(await redeemed(store, spend(leaf, 61))).toBe('budget_exhausted')
      expect(await raisedAbout(store, leaf), 'nothing was used').toEqual([])
      expect(await redeemed(store, spend(leaf, 58))).toBe('spent')
      expect(await redeemed(store, spend(leaf, 3))).toBe('budget_exhausted')
      expect(await raisedAbout(store, middle), 'the first that was short').toEqual([
        EXHAUSTED,
        WARNING,
      ])
    })

    it('once also when many calls on two handles pass it at the same time', async () => {
      const place = openPlace()
      const { store, leaf } = await budgetTree(() => place)
      const other = await place.open()
      await Promise.all(
        Array.from({ length: 70 }, (_, at) =>
          redeemed(at % 2 === 0 ? store : other, spend(leaf, 1)),
        ),
      )
      const told = await raisedAbout(store, leaf)
      expect(told.filter((one) => one === EXHAUSTED)).toHaveLength(1)
      expect(told.filter((one) => one === WARNING).length).toBeLessThanOrEqual(1)
    })

    it('of a contract that was lowered below what is used, with the next call', async () => {
      const { store, leaf } = await budgetTree(openPlace)
      expect(await redeemed(store, spend(leaf, 30))).toBe('spent')
      const contract = testScope('unlimited', [usd(32)])
      const next = testAgent('helper', { contractVersion: 2, contract })
      await decide(store, async (tx) => accept(await tx.updateAgent(next)))
      const judged = new Map([[agentUri('helper'), 2]])
      await redeemed(store, { ...spend(leaf, 1), judged })
      expect(await raisedAbout(store, leaf)).toEqual([WARNING])
    })
  })
}
