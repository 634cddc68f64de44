import type { BudgetAccount } from '../../domain/budget.ts'
import type { LeaseId } from '../../domain/ids.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Reservation } from '../../domain/settlement.ts'
import type { Page, PageRequest } from '../../store/ports.ts'
import type { Caller } from '../caller.ts'
import type { World } from '../world.ts'
import { findLease } from './find-lease.ts'

/** The budgets of a lease as they are counted; `not_found` to strangers. */
export function readBudgets(
  world: World,
  caller: Caller,
  input: { readonly lease: LeaseId },
): Promise<Result<readonly BudgetAccount[]>> {
  return world.store.read(async (reads) => {
    const found = await findLease(reads, caller, input.lease)
    return found.ok ? accept(await reads.budgets(caller.tenant, input.lease)) : found
  })
}

/** Reservations at a lease and below it that are not settled; `not_found` to strangers. */
export function readReservations(
  world: World,
  caller: Caller,
  input: { readonly lease: LeaseId; readonly page: PageRequest },
): Promise<Result<Page<Reservation>>> {
  return world.store.read(async (reads) => {
    const found = await findLease(reads, caller, input.lease)
    if (!found.ok) return found
    return accept(await reads.openReservations(caller.tenant, input.lease, input.page))
  })
}
