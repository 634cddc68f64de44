import type { BudgetAccount } from '../../src/domain/budget.ts'
import { DEFAULT_TENANT, type RequestId } from '../../src/domain/ids.ts'
import { type Lease, rootOf } from '../../src/domain/lease.ts'
import type { Cost, Spend } from '../../src/domain/redemption.ts'
import type { Actual, Settlement } from '../../src/domain/settlement.ts'
import type { Store } from '../../src/store/ports.ts'
import type { OpenPlace } from '../store/contract/place.ts'
import { given, testAgent, testLease } from './store-facts.ts'

/** Dollars in cents. */
export function usd(amount: number, decimals = 2): Cost {
  return { unit: 'USD', decimals, amount }
}

/** `spent`, or the code of the refusal; `point` as the enforcement point that asks. */
export async function settled(
  store: Store,
  spend: Spend,
  actual: Actual,
  point: Settlement['point'] = null,
): Promise<string> {
  const { result } = await store.settle(settlementOf(spend, actual, point))
  if (!result.ok) return result.refusal.code
  return result.value.again ? 'again' : 'settled'
}

/** A settlement of what a spend reserved. */
export function settlementOf(
  spend: Spend,
  actual: Actual,
  point: Settlement['point'] = null,
): Settlement {
  return {
    tenant: spend.tenant,
    root: rootOf(spend.lineage),
    jti: spend.jti,
    actual,
    point,
    actor: 'authority',
    request: 'req_test' as RequestId,
  }
}

/** `[reserved, spent]` of the first unit of each lease. */
export async function accountsOf(
  store: Store,
  ...leases: readonly Lease[]
): Promise<readonly (readonly [number, number])[]> {
  const found: [number, number][] = []
  for (const lease of leases) {
    const [account] = await budgetsOf(store, lease)
    found.push([account?.reserved ?? -1, account?.spent ?? -1])
  }
  return found
}

/** Every budget of a lease as it is counted. */
export function budgetsOf(store: Store, lease: Lease): Promise<readonly BudgetAccount[]> {
  return store.read((reads) => reads.budgets(DEFAULT_TENANT, lease.id))
}

/** Root (100 cents) over middle (60) over leaf (60), and a sibling (100) of the middle. */
export async function budgetTree(openPlace: OpenPlace) {
  const store = await openPlace().open()
  const root = testLease('planner', { budgets: [usd(100)] })
  const middle = testLease('worker', { parent: root, budgets: [usd(60)] })
  const leaf = testLease('helper', { parent: middle, budgets: [usd(60)] })
  const sibling = testLease('worker', { parent: root, budgets: [usd(100)] })
  const agents = ['planner', 'worker', 'helper'].map((name) => testAgent(name))
  await given(store, { agents, leases: [root, middle, leaf, sibling] })
  return { store, root, middle, leaf, sibling }
}
