import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { type Lease, rootOf } from '../../src/domain/lease.ts'
import type { Reservation } from '../../src/domain/settlement.ts'
import type { Store } from '../../src/store/ports.ts'
import { budgetsOf } from './budgets.ts'

/** What a test knows of one admitted call. */
export interface Paid {
  readonly lease: Lease
  readonly unit: string
  readonly reserved: number
  /** What it was settled to; undefined while it is open. */
  readonly spent?: number
}

/** One account, and what the calls below its lease add up to. */
interface Balance {
  readonly lease: string
  readonly unit: string
  readonly amount: number
  readonly reserved: number
  readonly spent: number
}

/** Every account of the leases as the store has it. */
export async function balances(store: Store, leases: readonly Lease[]): Promise<Balance[]> {
  const found: Balance[] = []
  for (const lease of leases) {
    for (const { unit, amount, reserved, spent } of await budgetsOf(store, lease)) {
      found.push({ lease: lease.id, unit, amount, reserved, spent })
    }
  }
  return found
}

/** Every account of the leases as the calls below them make it (I11). */
export function expectedBalances(leases: readonly Lease[], calls: readonly Paid[]): Balance[] {
  return leases.flatMap((lease) =>
    [...lease.scope.limits.budgets]
      .sort((a, b) => (a.unit < b.unit ? -1 : 1))
      .map(({ unit, amount }) => {
        const below = calls.filter(
          (call) => call.unit === unit && call.lease.lineage.includes(lease.id),
        )
        const sum = (of: (call: Paid) => number) =>
          below.reduce((total, call) => total + of(call), 0)
        return {
          lease: lease.id,
          unit,
          amount,
          reserved: sum((call) => (call.spent === undefined ? call.reserved : 0)),
          spent: sum((call) => call.spent ?? 0),
        }
      }),
  )
}

/** Every open reservation of a tree. */
export async function openReservations(store: Store, root: Lease): Promise<Reservation[]> {
  const found: Reservation[] = []
  for (let cursor: string | null = null; ; ) {
    const page = await store.read((reads) =>
      reads.openReservations(DEFAULT_TENANT, rootOf(root.lineage), { limit: 200, cursor }),
    )
    found.push(...page.items)
    if (page.cursor === null) return found
    cursor = page.cursor
  }
}
