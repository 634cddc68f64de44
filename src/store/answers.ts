import type { Kysely } from 'kysely'
import type { TenantId } from '../domain/ids.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { StoreFault } from './fault.ts'
import type { StoredAnswer } from './ports.ts'
import type { Schema } from './schema.ts'

/** What an idempotency key was answered, while it is remembered. */
export async function readAnswer(
  db: Kysely<Schema>,
  at: { readonly tenant: TenantId; readonly actor: string; readonly key: string },
  now: EpochSeconds,
): Promise<StoredAnswer | undefined> {
  return db
    .selectFrom('answers')
    .select(['fingerprint', 'answer'])
    .where('tenant', '=', at.tenant)
    .where('actor', '=', at.actor)
    .where('key', '=', at.key)
    .where('expires_at', '>', now)
    .executeTakeFirst()
}

/**
 * Remembers an answer. An older one that is over gives way; one that is not is a fault, since the
 * caller had to read it first, in this transaction.
 */
export async function recordAnswer(
  db: Kysely<Schema>,
  at: { readonly tenant: TenantId; readonly actor: string; readonly key: string },
  stored: StoredAnswer & { readonly expiresAt: EpochSeconds },
  now: EpochSeconds,
): Promise<void> {
  const { fingerprint, answer } = stored
  const changes = { fingerprint, answer, expires_at: stored.expiresAt }
  const recorded = await db
    .insertInto('answers')
    .values({ tenant: at.tenant, actor: at.actor, key: at.key, ...changes })
    .onConflict((conflict) =>
      conflict
        .columns(['tenant', 'actor', 'key'])
        .doUpdateSet(changes)
        .where('answers.expires_at', '<=', now),
    )
    .executeTakeFirst()
  if (recorded.numInsertedOrUpdatedRows === 0n) {
    throw new StoreFault('fault', 'This key has been answered already.')
  }
}
