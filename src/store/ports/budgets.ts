import type { BudgetAccount } from '../../domain/budget.ts'
import type { BudgetMove } from '../../domain/budget-history.ts'
import type { LeaseId, TenantId } from '../../domain/ids.ts'
import type { Reservation } from '../../domain/settlement.ts'
import type { Page, PageRequest } from '../ports.ts'

/** What is read of budgets and of the calls that are counted against them. */
export interface BudgetReads {
  /** The budgets of one lease as they are counted, by unit; empty when it has none. */
  budgets(tenant: TenantId, id: LeaseId): Promise<readonly BudgetAccount[]>
  /** Reservations at a lease and below it that are not settled, by token. */
  openReservations(tenant: TenantId, id: LeaseId, page: PageRequest): Promise<Page<Reservation>>
  /** What every call at a lease and below it took of budgets, settled or not, by token. */
  budgetMoves(tenant: TenantId, id: LeaseId, page: PageRequest): Promise<Page<BudgetMove>>
}
