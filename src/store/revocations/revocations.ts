import { type Kysely, type Selectable, sql } from 'kysely'
import type { TenantId } from '../../domain/ids.ts'
import type { Revocation, RevocationSubject } from '../../domain/revocation.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { EMPTY_PAGE, pageOf, readCursor } from '../page.ts'
import type { Page, PageRequest } from '../ports.ts'
import type { RevocationsTable, Schema } from '../schema.ts'
import { appendChange, lockLog } from './revocation-log.ts'

/** Rows that name any of the subjects. */
export async function readRevocations(
  db: Kysely<Schema>,
  tenant: TenantId,
  subjects: readonly RevocationSubject[],
): Promise<readonly Revocation[]> {
  if (subjects.length === 0) return []
  const rows = await db
    .selectFrom('revocations')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('subject', 'in', subjects)
    .execute()
  return rows.map(revocationOf)
}

/** The tenant's rows, newest first. */
export async function listRevocations(
  db: Kysely<Schema>,
  tenant: TenantId,
  page: PageRequest,
): Promise<Page<Revocation>> {
  const before = readCursor(page.cursor, 1)
  if (before === 'unknown') return EMPTY_PAGE
  let query = db.selectFrom('revocations').selectAll().where('tenant', '=', tenant)
  if (before !== null) query = query.where('seq', '<', Number(before[0]))
  const rows = await query
    .orderBy('seq', 'desc')
    .limit(page.limit + 1)
    .execute()
  return pageOf(rows, page, { item: revocationOf, key: (row) => [row.seq] })
}

/**
 * Upserts: `revoked` stays for ever, `suspended` may become `revoked`, nothing else changes. What
 * changes is appended to the log.
 */
export async function recordRevocation(
  db: Kysely<Schema>,
  tenant: TenantId,
  revocation: Revocation,
): Promise<void> {
  const { subject, effect, reason, at } = revocation
  const seq = (await lockLog(db)) + 1
  const written = await db
    .insertInto('revocations')
    .values({ tenant, subject, effect, reason, at, seq })
    .onConflict((conflict) =>
      conflict
        .columns(['tenant', 'subject'])
        .doUpdateSet({ effect, reason, at, seq })
        .where('revocations.effect', '=', 'suspended')
        .where(sql.ref('excluded.effect'), '=', 'revoked'),
    )
    .executeTakeFirst()
  if (written.numInsertedOrUpdatedRows === 1n) {
    await appendChange(db, { tenant, subject, effect, reason, at })
  }
}

/** Answers whether there was a suspension to lift; a revocation is never lifted. */
export async function liftSuspension(
  db: Kysely<Schema>,
  tenant: TenantId,
  subject: RevocationSubject,
  at: EpochSeconds,
): Promise<boolean> {
  await lockLog(db)
  const deleted = await db
    .deleteFrom('revocations')
    .where('tenant', '=', tenant)
    .where('subject', '=', subject)
    .where('effect', '=', 'suspended')
    .executeTakeFirst()
  const lifted = deleted.numDeletedRows === 1n
  if (lifted) await appendChange(db, { tenant, subject, effect: 'lifted', reason: '', at })
  return lifted
}

function revocationOf(row: Selectable<RevocationsTable>): Revocation {
  return {
    subject: row.subject as RevocationSubject,
    effect: row.effect,
    reason: row.reason,
    at: row.at as EpochSeconds,
  }
}
