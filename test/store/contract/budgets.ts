import { describe, expect, it } from 'vitest'
import { accept } from '../../../src/domain/result.ts'
import { epochSeconds } from '../../../src/domain/time.ts'
import { accountsOf, budgetsOf, budgetTree, settled, usd } from '../../support/budgets.ts'
import {
  agentUri,
  decide,
  given,
  redeemed,
  T0,
  testAgent,
  testLease,
  testScope,
  testSpend,
} from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'
import { people, redemptionRecords, usesOf } from './redeem-tree.ts'

/** Budgets: I11 at the store, from reserving to settling. */
export function budgetsContract(openPlace: OpenPlace): void {
  describe('budgets: reserve', () => {
    it('I11: a call reserves at its lease and every ancestor, in the redeeming transaction', async () => {
      const { store, root, middle, leaf, sibling } = await budgetTree(openPlace)
      const outcome = await store.redeem(testSpend(leaf, { costs: [usd(7)] }))
      expect(outcome).toMatchObject({ kind: 'spent', reserved: [usd(7)] })
      expect(await accountsOf(store, root, middle, leaf, sibling)).toEqual([
        [7, 0],
        [7, 0],
        [7, 0],
        [0, 0],
      ])
    })

    it('I11: what is too much for any ancestor is refused, and nothing is spent', async () => {
      const { store, root, leaf, sibling } = await budgetTree(openPlace)
      expect(await redeemed(store, testSpend(sibling, { costs: [usd(50)] }))).toBe('spent')
      const spend = testSpend(leaf, { costs: [usd(51)] })
      const before = await redemptionRecords(store)
      const outcome = await store.redeem(spend)
      expect(outcome).toMatchObject({
        kind: 'refused',
        refusal: { code: 'budget_exhausted', facts: { exhausted: root.id, unit: 'USD' } },
      })
      expect(await redemptionRecords(store), 'I10: one record').toBe(before + 1)
      expect(await accountsOf(store, root, leaf)).toEqual([
        [50, 0],
        [0, 0],
      ])
      expect(await usesOf(store, leaf)).toEqual([0])
      expect(await redeemed(store, { ...spend, costs: [usd(50)] }), 'the token lives').toBe('spent')
    })

    it('I11: a budget of a unit without a cost refuses the call: nobody would count it', async () => {
      const { store, leaf } = await budgetTree(openPlace)
      const tokens = { unit: 'tokens', decimals: 0, amount: 1 }
      for (const costs of [undefined, [], [tokens]]) {
        const spend = testSpend(leaf, costs === undefined ? {} : { costs })
        expect(await redeemed(store, spend)).toBe('limit_unenforceable')
      }
      expect(await usesOf(store, leaf)).toEqual([0])
    })

    it('counts a cost in other decimals exactly, or refuses it', async () => {
      const { store, root, leaf } = await budgetTree(openPlace)
      expect(await redeemed(store, testSpend(leaf, { costs: [usd(3, 1)] }))).toBe('spent')
      expect(await redeemed(store, testSpend(leaf, { costs: [usd(500, 4)] }))).toBe('spent')
      expect(await accountsOf(store, root, leaf)).toEqual([
        [35, 0],
        [35, 0],
      ])
      const finer = testSpend(leaf, { costs: [usd(501, 4)] })
      expect(await redeemed(store, finer)).toBe('limit_unenforceable')
      const huge = testSpend(leaf, { costs: [usd(Number.MAX_SAFE_INTEGER, 0)] })
      expect(await redeemed(store, huge)).toBe('budget_exhausted')
      for (const amount of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        const odd = testSpend(leaf, { costs: [usd(amount)] })
        expect(await redeemed(store, odd)).toBe('limit_unenforceable')
      }
    })

    it('a lease without budgets reserves nothing, whatever its calls cost', async () => {
      const store = await openPlace().open()
      const free = testLease('planner')
      await given(store, { agents: people(), leases: [free] })
      const spend = testSpend(free, { costs: [usd(5)] })
      const outcome = await store.redeem(spend)
      expect(outcome).not.toHaveProperty('reserved')
      expect(await settled(store, spend, 'released')).toBe('not_found')
    })

    it('a replay is told from an empty budget', async () => {
      const { store, leaf } = await budgetTree(openPlace)
      const spend = testSpend(leaf, { costs: [usd(60)] })
      expect(await redeemed(store, spend)).toBe('spent')
      expect(await redeemed(store, spend)).toBe('token_used')
      expect(await redeemed(store, testSpend(leaf, { costs: [usd(1)] }))).toBe('budget_exhausted')
      expect(await redeemed(store, testSpend(leaf, { costs: [usd(0)] }))).toBe('spent')
    })

    it('I11: concurrent siblings on two handles never reserve more than their root has', async () => {
      const place = openPlace()
      const { store, root, leaf, sibling } = await budgetTree(() => place)
      const other = await place.open()
      const outcomes = await Promise.all(
        Array.from({ length: 80 }, (_, at) =>
          redeemed(
            at % 2 === 0 ? store : other,
            testSpend(at % 4 < 2 ? leaf : sibling, { costs: [usd(3)] }),
          ),
        ),
      )
      expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(33)
      expect(outcomes.filter((outcome) => outcome === 'budget_exhausted')).toHaveLength(47)
      expect(await accountsOf(store, root)).toEqual([[99, 0]])
    })
  })

  describe('budgets: contracts are live', () => {
    const lowered = async (limits: { uses?: number; amount?: number; decimals?: number }) => {
      const found = await budgetTree(openPlace)
      const { uses = 'unlimited', amount, decimals } = limits
      const contract = testScope(uses, amount === undefined ? [] : [usd(amount, decimals)])
      const next = testAgent('worker', { contractVersion: 2, contract })
      await decide(found.store, async (tx) => accept(await tx.updateAgent(next)))
      const judged = new Map([[agentUri('worker'), 2]])
      return { ...found, judged }
    }

    it('I11: uses lowered in a contract bind leases that are open', async () => {
      const { store, middle, leaf, judged } = await lowered({ uses: 2 })
      const spend = (lease = leaf) => testSpend(lease, { judged, costs: [usd(1)] })
      expect(await redeemed(store, spend())).toBe('spent')
      expect(await redeemed(store, spend(middle))).toBe('spent')
      expect(await redeemed(store, spend())).toBe('uses_exhausted')
    })

    it('I11: a budget lowered in a contract binds leases that are open', async () => {
      const { store, leaf, judged } = await lowered({ amount: 109, decimals: 3 })
      const spend = (amount: number) => testSpend(leaf, { judged, costs: [usd(amount)] })
      expect(await redeemed(store, spend(11))).toBe('budget_exhausted')
      expect(await redeemed(store, spend(10))).toBe('spent')
      expect(await redeemed(store, spend(1))).toBe('budget_exhausted')
    })

    it('a budget raised in a contract does not widen a lease', async () => {
      const { store, leaf, judged } = await lowered({ amount: 999 })
      const spend = testSpend(leaf, { judged, costs: [usd(61)] })
      expect(await redeemed(store, spend)).toBe('budget_exhausted')
    })

    it('a unit the lease was born without is counted by nobody, so it refuses', async () => {
      const store = await openPlace().open()
      const free = testLease('worker')
      await given(store, { agents: people(), leases: [free] })
      const contract = testScope('unlimited', [usd(5)])
      const next = testAgent('worker', { contractVersion: 2, contract })
      await decide(store, async (tx) => accept(await tx.updateAgent(next)))
      const judged = new Map([[next.uri, 2]])
      const spend = testSpend(free, { judged, costs: [usd(1)] })
      expect(await redeemed(store, spend)).toBe('limit_unenforceable')
    })
  })

  it('budgets and reservations are swept with their tree', async () => {
    const place = openPlace()
    const { store, root, leaf } = await budgetTree(() => place)
    expect(await redeemed(store, testSpend(leaf, { costs: [usd(5)] }))).toBe('spent')
    await store.sweep()
    expect(await accountsOf(store, root)).toEqual([[5, 0]])
    place.clock.at = epochSeconds(T0 + 600 + 31 * 24 * 60 * 60)
    await store.sweep()
    expect(await budgetsOf(store, root)).toEqual([])
  })
}
