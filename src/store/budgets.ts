import type { Kysely } from 'kysely'
import type { BudgetAccount } from '../domain/budget.ts'
import type { LeaseId, TenantId } from '../domain/ids.ts'
import { type Lease, rootOf } from '../domain/lease.ts'
import { StoreFault } from './fault.ts'
import type { Schema } from './schema.ts'

/** The accounts of a new lease, one for each budget of its scope, with nothing on them. */
export async function insertBudgets(db: Kysely<Schema>, lease: Lease): Promise<void> {
  const { budgets } = lease.scope.limits
  if (budgets.length === 0) return
  const whose = { root_id: rootOf(lease.lineage), id: lease.id, tenant: lease.tenant }
  await db
    .insertInto('lease_budgets')
    .values(
      budgets.map(({ unit, decimals, amount }) => ({
        ...whose,
        unit,
        decimals,
        amount,
        reserved: 0,
        spent: 0,
        warned: 0,
      })),
    )
    .execute()
}

/** The accounts of one lease, by unit. */
export async function readBudgets(
  db: Kysely<Schema>,
  tenant: TenantId,
  id: LeaseId,
): Promise<readonly BudgetAccount[]> {
  const rows = await db
    .selectFrom('leases')
    .innerJoin('lease_budgets', (join) =>
      join
        .onRef('lease_budgets.root_id', '=', 'leases.root_id')
        .onRef('lease_budgets.id', '=', 'leases.id'),
    )
    .select(['unit', 'decimals', 'amount', 'reserved', 'spent'])
    .where('leases.tenant', '=', tenant)
    .where('leases.id', '=', id)
    .orderBy('unit')
    .execute()
  return rows.map((row) => ({ lease: id, ...row }))
}

/**
 * Moves an amount of one unit from reserved to spent, and gives back what is left of it, at one
 * lease. A fault when the account does not hold it.
 */
export async function moveReserved(
  db: Kysely<Schema>,
  account: BudgetAccount & { readonly root: LeaseId },
  { reserved, spent }: { readonly reserved: number; readonly spent: number },
): Promise<void> {
  const updated = await db
    .updateTable('lease_budgets')
    .set((row) => ({
      reserved: row('reserved', '-', reserved),
      spent: row('spent', '+', spent),
    }))
    .where('root_id', '=', account.root)
    .where('id', '=', account.lease)
    .where('unit', '=', account.unit)
    .where('reserved', '>=', reserved)
    .executeTakeFirst()
  if (updated.numUpdatedRows === 1n) return
  throw new StoreFault('fault', `The budget of ${account.lease} does not hold a reservation.`)
}
