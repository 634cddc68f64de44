import { randomBytes } from 'node:crypto'
import { type Kysely, type Selectable, sql } from 'kysely'
import type { AlertToRaise, KeptAlert } from '../../domain/alert.ts'
import type { WebhookId } from '../../domain/ids.ts'
import {
  ALERTS_TOLD_MAX,
  WEBHOOK_CLAIM_SECONDS,
  WEBHOOK_DELIVERIES_PER_RECEIVER_MAX,
} from '../../domain/limits.ts'
import { subjectOf } from '../../domain/revocation.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { Delivery, DeliveryOutcome, KeptWebhook, Outbox } from '../ports/webhooks.ts'
import type { DeliveriesTable } from '../schema/alerts.ts'
import type { Schema } from '../schema.ts'
import { alertOf, raiseAlert } from './alerts.ts'
import { webhookOf } from './webhooks.ts'

/** Runs housekeeping in a transaction of its own. */
type Chore = <T>(work: (db: Kysely<Schema>, now: EpochSeconds) => Promise<T>) => Promise<T>

type Receiver = Omit<KeptWebhook, 'waiting'>

/** The outbox over the housekeeping of a store, whatever database it is in. */
export function outboxOver(chore: Chore): Outbox {
  return {
    raiseOnce: (alert) => chore((db, now) => raiseOnce(db, alert, now)),
    tell: () => chore(tellAlerts),
    claim: (order) => chore((db, now) => claimDeliveries(db, order, now)),
    settle: (delivery, outcome) => chore((db, now) => settleDelivery(db, delivery, outcome, now)),
  }
}

async function raiseOnce(
  db: Kysely<Schema>,
  alert: AlertToRaise,
  now: EpochSeconds,
): Promise<void> {
  const open = await db
    .selectFrom('alerts')
    .select('id')
    .where('tenant', '=', alert.tenant)
    .where('kind', '=', alert.kind)
    .where('subject', '=', alert.subject)
    .where('acknowledged_at', 'is', null)
    .limit(1)
    .executeTakeFirst()
  if (open === undefined) await raiseAlert(db, alert, now)
}

async function tellAlerts(db: Kysely<Schema>, now: EpochSeconds): Promise<readonly KeptAlert[]> {
  const rows = await db
    .selectFrom('alerts')
    .selectAll()
    .where('told_at', 'is', null)
    .orderBy('at')
    .orderBy('id')
    .limit(ALERTS_TOLD_MAX)
    .execute()
  if (rows.length === 0) return []
  const alerts = rows.map(alertOf)
  const receivers = await receiversOf(db)
  const deliveries = alerts.flatMap((alert) =>
    receivers
      .filter((receiver) => concerns(receiver, alert))
      .map((webhook) => ({
        webhook: webhook.id,
        alert: alert.id,
        tenant: alert.tenant,
        attempts: 0,
        due_at: now,
        claim: null,
      })),
  )
  for (let at = 0; at < deliveries.length; at += ROWS) {
    await db
      .insertInto('deliveries')
      .values(deliveries.slice(at, at + ROWS))
      .execute()
  }
  const ids = rows.map(({ id }) => id)
  await db.updateTable('alerts').set({ told_at: now }).where('id', 'in', ids).execute()
  return alerts
}

/** Rows of one statement: below what any supported database takes as parameters. */
const ROWS = 100

/** Webhooks whose owner has a credential in force. */
async function receiversOf(db: Kysely<Schema>): Promise<readonly Receiver[]> {
  const rows = await db.selectFrom('webhooks').selectAll().where(isOwned).execute()
  return rows.map(webhookOf)
}

const isOwned = sql<boolean>`exists (
  select 1 from role_credentials
  where role_credentials.tenant = webhooks.tenant and role_credentials.name = webhooks.owner
    and role_credentials.role = 'owner' and role_credentials.revoked_at is null)`

function concerns(receiver: Receiver, alert: KeptAlert): boolean {
  if (receiver.tenant !== alert.tenant) return false
  if (alert.owner !== null && alert.owner !== receiver.owner) return false
  // That a receiver fails is not told to the one that fails.
  if (alert.kind === 'webhook.failed' && alert.facts['webhook'] === receiver.id) return false
  return receiver.kinds === 'any' || receiver.kinds.includes(alert.kind)
}

async function claimDeliveries(
  db: Kysely<Schema>,
  { limit, busy }: { readonly limit: number; readonly busy: readonly WebhookId[] },
  now: EpochSeconds,
): Promise<readonly Delivery[]> {
  const claim = randomBytes(16).toString('base64url')
  const free = busy.length === 0 ? sql`1 = 1` : sql`deliveries.webhook not in (${sql.join(busy)})`
  const { rows } = await sql<Selectable<DeliveriesTable>>`
    update deliveries
    set claim = ${claim}, attempts = attempts + 1, due_at = ${now + WEBHOOK_CLAIM_SECONDS}
    where due_at <= ${now} and (webhook, alert) in (
      select webhook, alert from (
        select deliveries.webhook, deliveries.alert, deliveries.due_at, row_number() over (
          partition by deliveries.webhook order by deliveries.due_at, deliveries.alert) as place
        from deliveries join webhooks on webhooks.id = deliveries.webhook
        where deliveries.due_at <= ${now} and ${free} and ${isOwned}) as due
      where place <= ${WEBHOOK_DELIVERIES_PER_RECEIVER_MAX} order by due_at limit ${limit})
    returning webhook, alert, tenant, attempts, due_at, claim`.execute(db)
  if (rows.length === 0) return []
  const found = await db
    .selectFrom('alerts')
    .selectAll()
    .where(
      'id',
      'in',
      rows.map(({ alert }) => alert),
    )
    .execute()
  const alerts = new Map(found.map((row) => [row.id, alertOf(row)]))
  const receivers = new Map((await receiversOf(db)).map((one) => [one.id as string, one]))
  return rows.flatMap((row) => {
    const alert = alerts.get(row.alert)
    const webhook = receivers.get(row.webhook)
    if (alert === undefined || webhook === undefined) return []
    return [{ alert, webhook, attempts: row.attempts, claim }]
  })
}

async function settleDelivery(
  db: Kysely<Schema>,
  { webhook, alert, claim }: Delivery,
  outcome: DeliveryOutcome,
  now: EpochSeconds,
): Promise<void> {
  if (outcome.kind === 'again') {
    await db
      .updateTable('deliveries')
      .set({ due_at: now + outcome.seconds, claim: null })
      .where('webhook', '=', webhook.id)
      .where('alert', '=', alert.id)
      .where('claim', '=', claim)
      .execute()
    return
  }
  const { numDeletedRows } = await db
    .deleteFrom('deliveries')
    .where('webhook', '=', webhook.id)
    .where('alert', '=', alert.id)
    .where('claim', '=', claim)
    .executeTakeFirst()
  if (numDeletedRows === 0n) return
  const failing = outcome.kind === 'given_up' ? now : null
  const changed = await db
    .updateTable('webhooks')
    .set({ failing_since: failing })
    .where('id', '=', webhook.id)
    .where('failing_since', failing === null ? 'is not' : 'is', null)
    .executeTakeFirst()
  if (outcome.kind !== 'given_up' || changed.numUpdatedRows === 0n) return
  await raiseFailed(db, { webhook, detail: outcome.detail }, now)
}

async function raiseFailed(
  db: Kysely<Schema>,
  { webhook, detail }: { readonly webhook: Receiver; readonly detail: string },
  now: EpochSeconds,
): Promise<void> {
  await raiseAlert(
    db,
    {
      tenant: webhook.tenant,
      kind: 'webhook.failed',
      severity: 'warning',
      subject: subjectOf('principal', webhook.owner),
      lease: null,
      facts: { webhook: webhook.id, detail },
    },
    now,
  )
}
