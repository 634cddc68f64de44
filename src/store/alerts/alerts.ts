import { randomBytes } from 'node:crypto'
import type { Kysely, Selectable } from 'kysely'
import type { AlertKind, AlertToRaise, KeptAlert } from '../../domain/alert.ts'
import type { AlertId, LeaseId, PrincipalId, TenantId } from '../../domain/ids.ts'
import type { RevocationSubject } from '../../domain/revocation.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { EMPTY_PAGE, pageOf, readCursor } from '../page.ts'
import type { AlertFilter } from '../ports/alerts.ts'
import type { Page, PageRequest } from '../ports.ts'
import type { AlertsTable } from '../schema/alerts.ts'
import type { Schema } from '../schema.ts'

/** The row of an alert that is raised now: also for the statements of a redemption. */
export function alertRowOf(
  alert: AlertToRaise,
  at: EpochSeconds,
  owner: PrincipalId | null,
): AlertsTable & { readonly id: AlertId } {
  const { tenant, kind, severity, subject, lease, facts } = alert
  return {
    tenant,
    id: `alert_${randomBytes(16).toString('base64url')}` as AlertId,
    kind,
    severity,
    subject,
    lease,
    owner,
    at,
    told_at: null,
    acknowledged_at: null,
    acknowledged_by: null,
    facts: JSON.stringify(facts),
  }
}

/** Raises an alert for whoever answers for its subject; answers its id. */
export async function raiseAlert(
  db: Kysely<Schema>,
  alert: AlertToRaise,
  at: EpochSeconds,
): Promise<AlertId> {
  const row = alertRowOf(alert, at, await ownerOf(db, alert))
  await db.insertInto('alerts').values(row).execute()
  return row.id
}

/** Newest first. */
export async function listAlerts(
  db: Kysely<Schema>,
  filter: AlertFilter,
  page: PageRequest,
): Promise<Page<KeptAlert>> {
  const before = readCursor(page.cursor, 2)
  if (before === 'unknown') return EMPTY_PAGE
  const { tenant, owner, kind, severity, subject, lease, open } = filter
  let query = db.selectFrom('alerts').selectAll().where('tenant', '=', tenant)
  if (owner !== undefined) {
    query = query.where((or) => or.or([or('owner', '=', owner), or('owner', 'is', null)]))
  }
  if (kind !== undefined) query = query.where('kind', '=', kind)
  if (severity !== undefined) query = query.where('severity', '=', severity)
  if (subject !== undefined) query = query.where('subject', '=', subject)
  if (lease !== undefined) query = query.where('lease', '=', lease)
  if (open === true) query = query.where('acknowledged_at', 'is', null)
  if (before !== null) {
    const [at, id] = [Number(before[0]), String(before[1])]
    query = query.where((or) =>
      or.or([or('at', '<', at), or.and([or('at', '=', at), or('id', '<', id)])]),
    )
  }
  const rows = await query
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute()
  return pageOf(rows, page, { item: alertOf, key: (row) => [row.at, row.id] })
}

/** One alert, or undefined. */
export async function readAlert(
  db: Kysely<Schema>,
  tenant: TenantId,
  id: AlertId,
): Promise<KeptAlert | undefined> {
  const row = await db
    .selectFrom('alerts')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && alertOf(row)
}

/** The first to acknowledge stays; answers the alert as it then is, undefined when unknown. */
export async function acknowledgeAlert(
  db: Kysely<Schema>,
  alert: { readonly tenant: TenantId; readonly id: AlertId; readonly by: string },
  at: EpochSeconds,
): Promise<KeptAlert | undefined> {
  const { tenant, id, by } = alert
  await db
    .updateTable('alerts')
    .set({ acknowledged_at: at, acknowledged_by: by })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('acknowledged_at', 'is', null)
    .execute()
  return readAlert(db, tenant, id)
}

/** An alert as it is kept. */
export function alertOf(row: Selectable<AlertsTable>): KeptAlert {
  const { acknowledged_at: at, acknowledged_by: by } = row
  return {
    id: row.id as AlertId,
    tenant: row.tenant as TenantId,
    kind: row.kind as AlertKind,
    severity: row.severity,
    subject: row.subject as RevocationSubject,
    lease: row.lease as LeaseId | null,
    owner: row.owner as PrincipalId | null,
    facts: JSON.parse(row.facts),
    at: row.at as EpochSeconds,
    acknowledged: at === null || by === null ? null : { at: at as EpochSeconds, by },
  }
}

/** Who answers for an alert: for the agent it names, the principal, or else for the lease. */
async function ownerOf(db: Kysely<Schema>, alert: AlertToRaise): Promise<PrincipalId | null> {
  const { tenant, subject, lease } = alert
  const colon = subject.indexOf(':')
  const [kind, id] = [subject.slice(0, colon), subject.slice(colon + 1)]
  if (kind === 'principal') return id as PrincipalId
  if (kind === 'agent') {
    const row = await db
      .selectFrom('agents')
      .select('owner')
      .where('tenant', '=', tenant)
      .where('uri', '=', id)
      .executeTakeFirst()
    if (row !== undefined) return row.owner as PrincipalId
  }
  const about = kind === 'lease' ? id : lease
  if (about === null) return null
  const row = await db
    .selectFrom('leases')
    .select(['subject', 'owner'])
    .where('tenant', '=', tenant)
    .where('id', '=', about)
    .executeTakeFirst()
  return row === undefined ? null : ((row.owner ?? row.subject) as PrincipalId)
}
