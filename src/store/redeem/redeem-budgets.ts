import {
  type BudgetAccount,
  type Debit,
  planDebits,
  reservedOf,
  uncounted,
  underContract,
} from '../../domain/budget.ts'
import type { LeaseId } from '../../domain/ids.ts'
import type { Cost, HolderContract, Spend } from '../../domain/redemption.ts'
import type { Result } from '../../domain/result.ts'
import { type HotLease, hasMoved, type Standing } from './redeem-judge.ts'

/** A budget as a batch counts it; `debit` is what the batch reserves of it. */
export interface HotBudget extends BudgetAccount {
  readonly root: LeaseId
  reserved: number
  debit: number
  /** The highest threshold an alert was raised for, in percent; 0 when none was. */
  warned: number
  /** 1 when the batch moved the threshold, or refused a call for this budget. */
  raised: number
  refused: number
}

/** The budgets of a batch's leases, as their holders' contracts stand now. */
export interface Ceilings {
  readonly accounts: ReadonlyMap<LeaseId, readonly HotBudget[]>
  /** Leases whose holder's contract limits a unit that the lease was born without. */
  readonly uncounted: ReadonlyMap<LeaseId, string>
}

/** The contract of a lease's holder as it is now. */
export type ContractOf = (lease: HotLease) => HolderContract | undefined

/** The leases whose budgets have to be read. */
export function budgetedOf(leases: ReadonlyMap<LeaseId, HotLease>): readonly LeaseId[] {
  return [...leases.values()].filter(({ budgets }) => budgets > 0).map(({ id }) => id)
}

/**
 * Contracts are live: where one has moved on, its `max_uses` binds the open lease as well when it
 * is lower; it never widens what was granted.
 */
export function lowerUses(leases: ReadonlyMap<LeaseId, HotLease>, contractOf: ContractOf): void {
  for (const lease of leases.values()) {
    const most = hasMoved(lease) ? contractOf(lease)?.contract.limits.max_uses : undefined
    if (typeof most === 'number') lease.max_uses = Math.min(lease.max_uses ?? most, most)
  }
}

/** The budgets that were read, by lease, lowered to those of contracts that moved on. */
export function ceilingsOf(
  leases: ReadonlyMap<LeaseId, HotLease>,
  found: readonly HotBudget[],
  contractOf: ContractOf,
): Ceilings {
  const accounts = new Map<LeaseId, readonly HotBudget[]>()
  for (const account of found) {
    accounts.set(account.lease, [...(accounts.get(account.lease) ?? []), account])
  }
  const unknown = new Map<LeaseId, string>()
  for (const lease of leases.values()) {
    const limits = hasMoved(lease) ? contractOf(lease)?.contract.limits : undefined
    if (limits === undefined) continue
    const lowered = underContract(accounts.get(lease.id) ?? [], limits.budgets)
    if (lowered.uncounted !== undefined) unknown.set(lease.id, lowered.uncounted)
    accounts.set(lease.id, lowered.accounts)
  }
  return { accounts, uncounted: unknown }
}

/**
 * What a spend takes of every budget of its lineage (I11). Refusals: `limit_unenforceable`,
 * `budget_exhausted`.
 */
export function planBudgets(
  spend: Spend,
  { lineage }: Standing,
  ceilings: Ceilings,
): Result<readonly Debit<HotBudget>[]> {
  for (const { id } of lineage) {
    const unit = ceilings.uncounted.get(id)
    if (unit !== undefined) return uncounted(unit, id)
  }
  const accounts = lineage.flatMap(({ id }) => ceilings.accounts.get(id) ?? [])
  return planDebits(accounts, spend.costs ?? [])
}

/** Counts the debits in the batch; answers the costs that are reserved, for one row each. */
export function reserve(spend: Spend, debits: readonly Debit<HotBudget>[]): readonly Cost[] {
  for (const { account, amount } of debits) {
    account.reserved += amount
    account.debit += amount
  }
  const accounts = debits.map(({ account }) => account)
  return reservedOf(accounts, spend.costs ?? [])
}

/** The budgets to update: each once, with what all of the batch reserved and warned of it. */
export function heldOf(ceilings: Ceilings): readonly HotBudget[] {
  return [...ceilings.accounts.values()]
    .flat()
    .filter(({ debit, raised }) => debit > 0 || raised > 0)
}
