import { type Kysely, PostgresAdapter, sql } from 'kysely'
import { rescale } from '../../domain/budget.ts'
import type { BudgetMove } from '../../domain/budget-history.ts'
import type { AgentUri, Jti, LeaseId, TenantId } from '../../domain/ids.ts'
import type { Cost } from '../../domain/redemption.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import {
  planSettlement,
  type Reservation,
  type Settled,
  type Settlement,
} from '../../domain/settlement.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { moveReserved } from '../budgets.ts'
import { StoreFault } from '../fault.ts'
import { lineageOf, pathEnd } from '../leases/lease-rows.ts'
import { EMPTY_PAGE, pageOf, readCursor } from '../page.ts'
import type { Page, PageRequest } from '../ports.ts'
import type { ReservationsTable, Schema } from '../schema.ts'

/** A lease, whose subtree is meant. */
interface Top {
  readonly tenant: TenantId
  readonly id: LeaseId
}

/** Reservations at a lease and below it that are not settled, by token. */
export async function listOpenReservations(
  db: Kysely<Schema>,
  top: Top,
  page: PageRequest,
): Promise<Page<Reservation>> {
  const found = await selectBelow(db, top, page)
  if (found === undefined) return EMPTY_PAGE
  const rows = await found.query.where('reservations.settled_at', 'is', null).execute()
  return pageOf(rows, page, { item: reservationOf, key: (row) => [row.jti, row.unit] })
}

/** What every call at a lease and below it took of budgets, settled or not, by token. */
export async function listBudgetMoves(
  db: Kysely<Schema>,
  top: Top,
  page: PageRequest,
): Promise<Page<BudgetMove>> {
  const found = await selectBelow(db, top, page)
  if (found === undefined) return EMPTY_PAGE
  const rows = await found.query.execute()
  return pageOf(rows, page, { item: moveOf, key: (row) => [row.jti, row.unit] })
}

/** The rows of one page and one more; undefined when there is no such lease or page. */
async function selectBelow(db: Kysely<Schema>, top: Top, page: PageRequest) {
  const after = readCursor(page.cursor, 2)
  if (after === 'unknown') return undefined
  const lease = await leaseRow(db, top.tenant, top.id)
  if (lease === undefined) return undefined
  let query = db
    .selectFrom('reservations')
    .innerJoin('leases', (join) =>
      join
        .onRef('leases.root_id', '=', 'reservations.root_id')
        .onRef('leases.id', '=', 'reservations.lease'),
    )
    .selectAll('reservations')
    .where('reservations.root_id', '=', lease.root_id)
    .where('leases.path', '>=', lease.path)
    .where('leases.path', '<', pathEnd(lease.path))
  if (after !== null) {
    const [jti, unit] = after
    query = query.where(sql<boolean>`(reservations.jti, reservations.unit) > (${jti}, ${unit})`)
  }
  const ordered = query.orderBy('reservations.jti').orderBy('reservations.unit')
  return { query: ordered.limit(page.limit + 1) }
}

/** Settles what one call reserved; see `Transaction.settle`. */
export async function settleReservations(
  db: Kysely<Schema>,
  settlement: Omit<Settlement, 'actor' | 'request'>,
  now: EpochSeconds,
): Promise<Result<Settled>> {
  const { tenant, root, jti, actual, point } = settlement
  const rows = await lockReservations(db, { tenant, root, jti })
  const reservations = rows.map(reservationOf)
  const [first] = reservations
  if (first === undefined) return refuse('not_found', { unknown: 'reservation' })
  if (point !== 'any' && first.point !== point) return refuse('not_found', { foreign: 'point' })
  const planned = planSettlement(reservations, actual)
  if (!planned.ok) return planned
  const { spent, again } = planned.value
  if (!again) {
    await markSettled(db, first, spent, now)
    const moved = await moveAll(db, reservations, spent)
    if (!moved.ok) return moved
  }
  return accept({ jti, lease: first.lease, spent, again })
}

/** What is settled elsewhere meanwhile is waited for, where several transactions write at once. */
async function lockReservations(
  db: Kysely<Schema>,
  call: Pick<Settlement, 'tenant' | 'root' | 'jti'>,
): Promise<readonly ReservationsTable[]> {
  const locks = db.getExecutor().adapter instanceof PostgresAdapter
  const query = db
    .selectFrom('reservations')
    .selectAll()
    .where('root_id', '=', call.root)
    .where('jti', '=', call.jti)
    .where('tenant', '=', call.tenant)
    .orderBy('unit')
  return (locks ? query.forUpdate() : query).execute()
}

/** At the lease and every ancestor that counts the unit, in the order of their paths. */
async function moveAll(
  db: Kysely<Schema>,
  reservations: readonly Reservation[],
  spent: readonly Cost[],
): Promise<Result<void>> {
  const [first] = reservations
  if (first === undefined) return accept(undefined)
  const { root, lease } = first
  for (const account of await accountsAbove(db, first)) {
    const at = reservations.findIndex(({ unit }) => unit === account.unit)
    const held = reservations[at]
    const used = spent[at]
    if (held === undefined || used === undefined) continue
    const reserved = rescale(held, account.decimals)
    const amount = rescale(used, account.decimals)
    if (reserved === undefined) throw new StoreFault('fault', `${lease} reserved no exact amount.`)
    if (amount === undefined) return refuse('malformed', { inexact: account.unit })
    await moveReserved(db, { ...account, root }, { reserved, spent: amount })
  }
  return accept(undefined)
}

async function accountsAbove(db: Kysely<Schema>, { root, lease }: Reservation) {
  const row = await db
    .selectFrom('leases')
    .select('path')
    .where('root_id', '=', root)
    .where('id', '=', lease)
    .executeTakeFirst()
  if (row === undefined) throw new StoreFault('fault', `There is no lease ${lease}.`)
  const rows = await db
    .selectFrom('lease_budgets')
    .select(['id', 'unit', 'decimals', 'amount', 'reserved', 'spent'])
    .where('root_id', '=', root)
    .where('id', 'in', lineageOf(row.path))
    .orderBy('id')
    .orderBy('unit')
    .execute()
  return rows.map(({ id, ...account }) => ({ lease: id as LeaseId, ...account }))
}

async function markSettled(
  db: Kysely<Schema>,
  { root, jti }: Reservation,
  spent: readonly Cost[],
  now: EpochSeconds,
): Promise<void> {
  for (const { unit, amount } of spent) {
    const updated = await db
      .updateTable('reservations')
      .set({ settled_at: now, settled_amount: amount })
      .where('root_id', '=', root)
      .where('jti', '=', jti)
      .where('unit', '=', unit)
      .where('settled_at', 'is', null)
      .executeTakeFirst()
    if (updated.numUpdatedRows !== 1n) throw new StoreFault('fault', `${jti} is settled already.`)
  }
}

async function leaseRow(db: Kysely<Schema>, tenant: TenantId, id: LeaseId) {
  return db
    .selectFrom('leases')
    .select(['root_id', 'path'])
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst()
}

function moveOf(row: ReservationsTable): BudgetMove {
  const { unit, decimals, amount, at, settled_at: settledAt, settled_amount: spent } = row
  return {
    ...{ unit, decimals, amount, at: at as EpochSeconds },
    settled: settledAt === null ? null : { at: settledAt as EpochSeconds, spent: spent ?? 0 },
  }
}

function reservationOf(row: ReservationsTable): Reservation {
  return {
    root: row.root_id as LeaseId,
    lease: row.lease as LeaseId,
    jti: row.jti as Jti,
    unit: row.unit,
    decimals: row.decimals,
    amount: row.amount,
    point: row.point as AgentUri | null,
    at: row.at as EpochSeconds,
    settledAmount: row.settled_amount,
  }
}
