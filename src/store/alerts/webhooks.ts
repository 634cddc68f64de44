import { type Kysely, type Selectable, sql } from 'kysely'
import type { PrincipalId, TenantId, WebhookId } from '../../domain/ids.ts'
import { WEBHOOKS_MAX } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { KeptWebhook } from '../ports/webhooks.ts'
import type { WebhooksTable } from '../schema/alerts.ts'
import type { Schema } from '../schema.ts'

/** The tenant's webhooks by their age. */
export async function listWebhooks(
  db: Kysely<Schema>,
  tenant: TenantId,
): Promise<readonly KeptWebhook[]> {
  const rows = await db
    .selectFrom('webhooks')
    .selectAll()
    .select((of) =>
      of
        .selectFrom('deliveries')
        .select((count) => count.fn.countAll<number>().as('waiting'))
        .whereRef('deliveries.webhook', '=', 'webhooks.id')
        .as('waiting'),
    )
    .where('tenant', '=', tenant)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({ ...webhookOf(row), waiting: Number(row.waiting ?? 0) }))
}

/** Refuses `conflict` when the tenant has WEBHOOKS_MAX. */
export async function insertWebhook(
  db: Kysely<Schema>,
  webhook: Omit<KeptWebhook, 'waiting'>,
): Promise<Result<void>> {
  const { count } = await db
    .selectFrom('webhooks')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('tenant', '=', webhook.tenant)
    .executeTakeFirstOrThrow()
  if (Number(count) >= WEBHOOKS_MAX) return refuse('conflict', { webhooks: WEBHOOKS_MAX })
  const { tenant, id, owner, url, kinds, privateNet, createdAt, failingSince, secret } = webhook
  await db
    .insertInto('webhooks')
    .values({
      tenant,
      id,
      owner,
      url,
      kinds: JSON.stringify(kinds),
      private_net: privateNet ? 1 : 0,
      created_at: createdAt,
      failing_since: failingSince,
      secret,
    })
    .execute()
  return accept(undefined)
}

/** Forgets what waited for it as well; false when there is none. */
export async function removeWebhook(
  db: Kysely<Schema>,
  tenant: TenantId,
  id: WebhookId,
): Promise<boolean> {
  const removed = await db
    .deleteFrom('webhooks')
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst()
  if (removed.numDeletedRows === 0n) return false
  await db.deleteFrom('deliveries').where('webhook', '=', id).execute()
  return true
}

/** Whether anything waits to be told or delivered now. */
export async function hasDeliveries(db: Kysely<Schema>, now: EpochSeconds): Promise<boolean> {
  const { rows } = await sql<{ waits: number }>`
    select case when
      exists (select 1 from alerts where told_at is null)
      or exists (select 1 from deliveries where due_at <= ${now})
    then 1 else 0 end as waits`.execute(db)
  return Number(rows[0]?.waits) === 1
}

/** A webhook as it is kept. */
export function webhookOf(row: Selectable<WebhooksTable>): Omit<KeptWebhook, 'waiting'> {
  return {
    id: row.id as WebhookId,
    tenant: row.tenant as TenantId,
    owner: row.owner as PrincipalId,
    url: row.url,
    kinds: JSON.parse(row.kinds),
    privateNet: row.private_net === 1,
    createdAt: row.created_at as EpochSeconds,
    failingSince: row.failing_since as EpochSeconds | null,
    secret: row.secret,
  }
}
