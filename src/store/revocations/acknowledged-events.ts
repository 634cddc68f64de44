import { type Kysely, sql } from 'kysely'
import type { TenantId } from '../../domain/ids.ts'
import type { Schema } from '../schema.ts'

/** Up to which change of the log a receiver has its events; undefined: it never asked. */
export async function readAcknowledged(
  db: Kysely<Schema>,
  tenant: TenantId,
  receiver: string,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('meta')
    .select('value')
    .where('tenant', '=', tenant)
    .where('name', '=', nameOf(receiver))
    .executeTakeFirst()
  return row?.value
}

/** Moves what a receiver has acknowledged forward; never back. */
export async function recordAcknowledged(
  db: Kysely<Schema>,
  tenant: TenantId,
  receiver: string,
  seq: number,
): Promise<void> {
  await db
    .insertInto('meta')
    .values({ tenant, name: nameOf(receiver), value: seq })
    .onConflict((conflict) =>
      conflict
        .columns(['tenant', 'name'])
        .doUpdateSet({ value: seq })
        .where(sql.ref('meta.value'), '<', seq),
    )
    .execute()
}

function nameOf(receiver: string): string {
  return `acknowledged:${receiver}`
}
