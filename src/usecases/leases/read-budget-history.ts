import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BudgetAccount } from '../../domain/budget.ts'
import { BudgetCurve, type BudgetMove, type BudgetPoint } from '../../domain/budget-history.ts'
import type { LeaseId } from '../../domain/ids.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Page } from '../../store/ports.ts'
import type { Caller } from '../caller.ts'
import type { World } from '../world.ts'
import { findLease } from './find-lease.ts'

/** One budget of a lease as it is counted, and how it stood from its opening until now. */
export interface BudgetHistory {
  readonly account: BudgetAccount
  readonly points: readonly BudgetPoint[]
}

/** Moments a history tells of: as many as a chart can show. */
const POINTS = 60

/** Calls read at a time; after each others get their turn. */
const PAGE_CALLS = 2_000

/**
 * How the budgets of a lease stood over its life: what calls at it and below it reserved, and what
 * was spent when they were settled, from the rows by which it is counted (I11). Walks all of them,
 * so it takes its time with their number, and decides nothing. `not_found` to strangers.
 */
export async function readBudgetHistory(
  world: World,
  caller: Caller,
  input: { readonly lease: LeaseId },
): Promise<Result<readonly BudgetHistory[]>> {
  const { lease: id } = input
  const known = await world.store.read(async (reads) => {
    const found = await findLease(reads, caller, id)
    if (!found.ok) return found
    const accounts = await reads.budgets(caller.tenant, id)
    return accept({ accounts, from: found.value.lease.openedAt, to: reads.now })
  })
  if (!known.ok) return known
  const { accounts, from, to } = known.value
  const curves = accounts.map((account) => new BudgetCurve(account, { from, to, points: POINTS }))
  let cursor: string | null = null
  for (let more = accounts.length > 0; more; more = cursor !== null) {
    const page: Page<BudgetMove> = await world.store.read((reads) =>
      reads.budgetMoves(caller.tenant, id, { limit: PAGE_CALLS, cursor }),
    )
    for (const move of page.items) for (const curve of curves) curve.add(move)
    cursor = page.cursor
    await nextTurn()
  }
  return accept(accounts.map((account, at) => ({ account, points: curves[at]?.points() ?? [] })))
}
