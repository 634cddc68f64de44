import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Lease } from '../../../src/domain/lease.ts'
import type { Spend } from '../../../src/domain/redemption.ts'
import type { Budget } from '../../../src/domain/scope/types.ts'
import type { Store } from '../../../src/store/ports.ts'
import { balances, expectedBalances, type Paid } from '../../support/budget-ledger.ts'
import { settled } from '../../support/budgets.ts'
import { given, redeemed, testLease, testSpend } from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'
import { people } from './redeem-tree.ts'

const RUNS = 12
const CALLS = 40
const HOLDERS = ['planner', 'worker', 'helper']

/** A tree as parents of its leases, the budget of each unit there, and calls with their ends. */
const world = fc.record({
  parents: fc.array(fc.nat({ max: 6 }), { minLength: 2, maxLength: 7 }),
  amounts: fc.array(fc.tuple(fc.integer({ min: 5, max: 60 }), fc.integer({ min: 5, max: 60 })), {
    minLength: 8,
    maxLength: 8,
  }),
  calls: fc.array(
    fc.record({
      lease: fc.nat({ max: 7 }),
      costs: fc.tuple(fc.nat({ max: 12 }), fc.nat({ max: 12 })),
      end: fc.constantFrom('open', 'released', 'part', 'whole'),
    }),
    { minLength: CALLS, maxLength: CALLS },
  ),
})
type World = (typeof world extends fc.Arbitrary<infer T> ? T : never) & object
type Call = World['calls'][number]

/** What I11 says of whole trees, whatever is spent and settled in them, and in which order. */
export function budgetLawsContract(openPlace: OpenPlace): void {
  describe('I11: the laws of budgets', () => {
    it('a call is admitted iff it fits everywhere above, and each account is a sum', async () => {
      const store = await openPlace().open()
      await given(store, { agents: people() })
      await fc.assert(
        fc.asyncProperty(world, async (drawn) => {
          const leases = await grown(store, drawn)
          const paid: Paid[] = []
          for (const call of drawn.calls) {
            const spend = spendOf(call, leases)
            const before = expectedBalances(leases, paid)
            const fits = before.every(({ lease, unit, amount, reserved, spent }) => {
              const cost = spend.costs?.find((one) => one.unit === unit)?.amount ?? 0
              const above = spend.lineage.some((id) => id === lease)
              return !above || amount - reserved - spent >= cost
            })
            const outcome = await redeemed(store, spend)
            expect(outcome).toBe(fits ? 'spent' : 'budget_exhausted')
            if (fits) paid.push(...(await end(store, call, { spend, leases })))
          }
          expect(await balances(store, leases)).toEqual(expectedBalances(leases, paid))
        }),
        { numRuns: RUNS, seed: 11 },
      )
    }, 120_000)

    it('on two handles at once: never more than there is, and in the end each a sum', async () => {
      const place = openPlace()
      const stores = [await place.open(), await place.open()]
      const [store, other] = stores
      if (store === undefined || other === undefined) throw new Error('two handles')
      await given(store, { agents: people() })
      await fc.assert(
        fc.asyncProperty(world, async (drawn) => {
          const leases = await grown(store, drawn)
          const paid: Paid[] = []
          const running = drawn.calls.map(async (call, at) => {
            const handle = at % 2 === 0 ? store : other
            const spend = spendOf(call, leases)
            if ((await redeemed(handle, spend)) !== 'spent') return
            paid.push(...(await end(handle, call, { spend, leases })))
          })
          let over = false
          const ended = Promise.all(running).finally(() => {
            over = true
          })
          ended.catch(() => undefined)
          while (!over) {
            await nextTurn()
            for (const { amount, reserved, spent } of await balances(other, leases)) {
              expect(reserved + spent).toBeLessThanOrEqual(amount)
            }
          }
          await ended
          expect(await balances(store, leases)).toEqual(expectedBalances(leases, paid))
        }),
        { numRuns: RUNS, seed: 12 },
      )
    }, 120_000)
  })
}

/** Inserts the tree; a child's budgets are as drawn or its parent's, whichever is less. */
async function grown(store: Store, { parents, amounts }: World): Promise<readonly Lease[]> {
  const leases: Lease[] = []
  for (const [at, drawn] of [0, ...parents].entries()) {
    const parent = at === 0 ? undefined : leases[drawn % at]
    const [usd = 0, tokens = 0] = amounts[at] ?? []
    const least = (unit: string, amount: number) => {
      const above = parent?.scope.limits.budgets.find((budget) => budget.unit === unit)
      return Math.min(amount, above?.amount ?? amount)
    }
    const budgets: Budget[] = [
      { unit: 'USD', decimals: 2, amount: least('USD', usd) },
      { unit: 'tokens', decimals: 0, amount: least('tokens', tokens) },
    ]
    const holder = HOLDERS[at % HOLDERS.length] ?? 'planner'
    leases.push(testLease(holder, { budgets, ...(parent === undefined ? {} : { parent }) }))
  }
  await given(store, { leases })
  return leases
}

function leaseOf(call: Call, leases: readonly Lease[]): Lease {
  const lease = leases[call.lease % leases.length]
  if (lease === undefined) throw new Error('a tree has leases')
  return lease
}

function spendOf(call: Call, leases: readonly Lease[]): Spend {
  const [usd, tokens] = call.costs
  const costs = [
    { unit: 'USD', decimals: 2, amount: usd },
    { unit: 'tokens', decimals: 0, amount: tokens },
  ]
  return testSpend(leaseOf(call, leases), { costs })
}

/** Settles an admitted call as drawn; answers what it has to have come to. */
async function end(
  store: Store,
  call: Call,
  { spend, leases }: { readonly spend: Spend; readonly leases: readonly Lease[] },
): Promise<readonly Paid[]> {
  const lease = leaseOf(call, leases)
  const share = { open: undefined, released: 0, part: 0.5, whole: 1 }[call.end]
  const paid = (spend.costs ?? []).map(({ unit, decimals, amount }) => ({
    unit,
    decimals,
    reserved: amount,
    amount: Math.floor(amount * (share ?? 1)),
  }))
  if (share !== undefined) {
    const actual = paid.map(({ unit, decimals, amount }) => ({ unit, decimals, amount }))
    const told = await settled(store, spend, call.end === 'released' ? 'released' : actual)
    expect(told).toBe('settled')
  }
  return paid.map(({ unit, reserved, amount }) =>
    share === undefined ? { lease, unit, reserved } : { lease, unit, reserved, spent: amount },
  )
}
