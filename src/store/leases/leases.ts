import { type Kysely, sql } from 'kysely'
import type { LeaseId, TenantId } from '../../domain/ids.ts'
import type { LabelText } from '../../domain/labels.ts'
import type { Lease } from '../../domain/lease.ts'
import { subjectOf } from '../../domain/revocation.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { insertBudgets } from '../budgets.ts'
import { StoreFault } from '../fault.ts'
import { EMPTY_PAGE, pageOf, readCursor } from '../page.ts'
import type { LeaseFilter } from '../ports/leases.ts'
import type { LineageView, Page, PageRequest } from '../ports.ts'
import { appendChange } from '../revocations/revocation-log.ts'
import type { Schema } from '../schema.ts'
import { insertLabels } from './lease-labels.ts'
import {
  type LeaseRow,
  labelColumn,
  leaseOf,
  lineageOf,
  pathEnd,
  rowOf,
  selectLeases,
} from './lease-rows.ts'

/** The lease and its ancestors, or undefined. A lineage with a hole in it is a fault. */
export async function readLineage(
  db: Kysely<Schema>,
  tenant: TenantId,
  id: LeaseId,
): Promise<LineageView | undefined> {
  const row = await selectLeases(db)
    .where('leases.tenant', '=', tenant)
    .where('leases.id', '=', id)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const above = lineageOf(row.path).slice(0, -1)
  if (above.length === 0) return { lease: leaseOf(row), ancestors: [] }
  const rows = await selectLeases(db)
    .where('leases.root_id', '=', row.root_id)
    .where('leases.id', 'in', above)
    .orderBy('leases.depth')
    .execute()
  const ancestors = rows.map(leaseOf)
  if (ancestors.length !== above.length || ancestors.some((lease, at) => lease.id !== above[at])) {
    throw new StoreFault('fault', `The lineage of ${id} is not whole.`)
  }
  return { lease: leaseOf(row), ancestors }
}

/**
 * Leases that meet every condition: a tree's in the order of its paths (parents first), others with
 * the newest first.
 */
export async function listLeases(
  db: Kysely<Schema>,
  filter: LeaseFilter,
  page: PageRequest,
): Promise<Page<Lease>> {
  const { tenant, label } = filter
  let query =
    label === undefined
      ? selectLeases(db).where('leases.tenant', '=', tenant)
      : selectLabelled(db, tenant, label)
  if (filter.holder !== undefined) query = query.where('leases.holder', '=', filter.holder)
  if (filter.subject !== undefined) query = query.where('leases.subject', '=', filter.subject)
  if (filter.parent === null) query = query.where('leases.parent_id', 'is', null)
  else if (filter.parent !== undefined) query = query.where(isChildOf(filter.parent))
  if (filter.text !== undefined) query = query.where(holds(filter.text))
  if (filter.root !== undefined) return listTree(query, filter.root, page)

  const order = label === undefined ? NEWEST : NEWEST_LABELLED
  const after = readCursor(page.cursor, 2)
  if (after === 'unknown') return EMPTY_PAGE
  if (after !== null) {
    const [openedAt, id] = after
    query = query.where(sql<boolean>`(${order.openedAt}, ${order.id}) < (${openedAt}, ${id})`)
  }
  const rows = await query
    .orderBy(order.openedAt, 'desc')
    .orderBy(order.id, 'desc')
    .limit(page.limit + 1)
    .execute()
  return pageOf(rows, page, { item: leaseOf, key: (row) => [row.opened_at, row.id] })
}

/** With the root too, by which children are indexed. */
function isChildOf(parent: LeaseId) {
  const root = sql`(select root_id from leases where id = ${parent})`
  return sql<boolean>`(leases.root_id = ${root} and leases.parent_id = ${parent})`
}

/** The order of lists, by the index of leases or by that of labels. */
const NEWEST = { openedAt: sql.ref('leases.opened_at'), id: sql.ref('leases.id') }
const NEWEST_LABELLED = {
  openedAt: sql.ref('lease_labels.opened_at'),
  id: sql.ref('lease_labels.lease'),
}

/**
 * Leases with a label. The tenant is asked of the label alone, so that databases go by its index,
 * which has the order of lists: as fast for a label of every lease as for that of one.
 */
function selectLabelled(db: Kysely<Schema>, tenant: TenantId, label: LabelText) {
  const labelled = selectLeases(db)
    .innerJoin('lease_labels', 'lease_labels.lease', 'leases.id')
    .where('lease_labels.tenant', '=', tenant)
    .where('lease_labels.label', '=', label)
  // The same columns, of one more table: nothing of it is selected.
  return labelled as unknown as ReturnType<typeof selectLeases>
}

/** Whether holder, id or labels have a text in them; the signs of LIKE mean themselves. */
function holds(text: string) {
  const like = `%${text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`
  const named = sql`leases.holder like ${like} escape '\\'`
  const labelled = sql`leases.labels like ${like} escape '\\'`
  return sql<boolean>`(${named} or leases.id like ${like} escape '\\' or ${labelled})`
}

/** Leases by id, in no order. */
export async function readLeasesOf(
  db: Kysely<Schema>,
  tenant: TenantId,
  ids: readonly LeaseId[],
): Promise<readonly Lease[]> {
  if (ids.length === 0) return []
  const rows = await selectLeases(db)
    .where('leases.tenant', '=', tenant)
    .where('leases.id', 'in', ids)
    .execute()
  return rows.map(leaseOf)
}

async function listTree(
  leases: ReturnType<typeof selectLeases>,
  root: LeaseId,
  page: PageRequest,
): Promise<Page<Lease>> {
  const after = readCursor(page.cursor, 1)
  if (after === 'unknown') return EMPTY_PAGE
  let query = leases.where('leases.root_id', '=', root)
  if (after !== null) query = query.where('leases.path', '>', String(after[0]))
  const rows = await query
    .orderBy('leases.path')
    .limit(page.limit + 1)
    .execute()
  return pageOf<LeaseRow, Lease>(rows, page, { item: leaseOf, key: (row) => [row.path] })
}

/** The lease and its descendants in the order of their paths (parents first), at most `limit`. */
export async function readSubtree(
  db: Kysely<Schema>,
  top: { readonly tenant: TenantId; readonly id: LeaseId },
  limit: number,
): Promise<readonly Lease[]> {
  const row = await db
    .selectFrom('leases')
    .select(['root_id', 'path'])
    .where('tenant', '=', top.tenant)
    .where('id', '=', top.id)
    .executeTakeFirst()
  if (row === undefined) return []
  const rows = await selectLeases(db)
    .where('leases.root_id', '=', row.root_id)
    .where('leases.path', '>=', row.path)
    .where('leases.path', '<', pathEnd(row.path))
    .orderBy('leases.path')
    .limit(limit)
    .execute()
  return rows.map(leaseOf)
}

/**
 * Adds a lease and counts it in its tree. A lease that does not continue its parent's lineage,
 * tenant, subject and labels is a fault (I5); I2, I3 and I4 are the planner's.
 */
export async function insertLease(db: Kysely<Schema>, lease: Lease): Promise<void> {
  const row = rowOf(lease)
  await requireContinued(db, lease, row.path)
  await db.insertInto('leases').values(row).execute()
  await insertBudgets(db, lease)
  await insertLabels(db, lease)
  await db
    .insertInto('trees')
    .values({ root_id: row.root_id, tenant: row.tenant, leases: 1 })
    .onConflict((conflict) =>
      conflict.column('root_id').doUpdateSet((set) => ({ leases: set('trees.leases', '+', 1) })),
    )
    .execute()
}

async function requireContinued(db: Kysely<Schema>, lease: Lease, path: string): Promise<void> {
  const { lineage, holders, parentId } = lease
  const shaped =
    lineage[lineage.length - 1] === lease.id &&
    holders.length === lineage.length &&
    parentId === (lineage[lineage.length - 2] ?? null)
  if (!shaped) throw new StoreFault('fault', 'A lease stands at the end of its own lineage.')
  if (parentId === null) return
  const parent = await db
    .selectFrom('leases')
    .select(['path', 'tenant', 'subject', 'owner', 'labels'])
    .where('id', '=', parentId)
    .executeTakeFirst()
  const continued =
    parent !== undefined &&
    `${parent.path}${lease.id}/` === path &&
    parent.tenant === lease.tenant &&
    parent.subject === lease.subject &&
    parent.owner === (lease.owner ?? null) &&
    parent.labels === labelColumn(lease)
  if (!continued) throw new StoreFault('fault', 'A lease continues the lineage of its parent.')
}

/** Moves the end of a lease; a fault when there is no such lease or the end would come earlier. */
export async function recordRenewal(
  db: Kysely<Schema>,
  lease: Pick<Lease, 'id' | 'expiresAt' | 'renewals' | 'grantedSeconds'>,
): Promise<void> {
  const updated = await db
    .updateTable('leases')
    .set({
      expires_at: lease.expiresAt,
      renewals: lease.renewals,
      granted_seconds: lease.grantedSeconds,
    })
    .where('id', '=', lease.id)
    .where('expires_at', '<=', lease.expiresAt)
    .executeTakeFirst()
  if (updated.numUpdatedRows !== 1n) throw new StoreFault('fault', 'There is no such lease.')
}

/**
 * Marks a lease released, and says so in the log; the first moment stays. A fault when there is no
 * such lease.
 */
export async function recordRelease(
  db: Kysely<Schema>,
  id: LeaseId,
  at: EpochSeconds,
): Promise<void> {
  const released = await db
    .updateTable('leases')
    .set({ released_at: at })
    .where('id', '=', id)
    .where('released_at', 'is', null)
    .returning('tenant')
    .executeTakeFirst()
  if (released !== undefined) {
    const tenant = released.tenant as TenantId
    const subject = subjectOf('lease', id)
    return appendChange(db, { tenant, subject, effect: 'released', reason: '', at })
  }
  const known = await db.selectFrom('leases').select('id').where('id', '=', id).executeTakeFirst()
  if (known === undefined) throw new StoreFault('fault', 'There is no such lease.')
}
