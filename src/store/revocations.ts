import { type Kysely, type Selectable, sql } from 'kysely'
import { DEFAULT_TENANT, type TenantId } from '../domain/ids.ts'
import type { Revocation, RevocationSubject } from '../domain/revocation.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { EMPTY_PAGE, pageOf, readCursor } from './page.ts'
import type { Page, PageRequest } from './ports.ts'
import { REVOCATION_SEQ, type RevocationsTable, type Schema } from './schema.ts'

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

/** Rows of every tenant that are newer than `seq`, oldest first, and the newest seq among them. */
export async function readRevocationsAfter(
  db: Kysely<Schema>,
  seq: number,
): Promise<{ readonly seq: number; readonly revocations: readonly Revocation[] }> {
  const rows = await db
    .selectFrom('revocations')
    .selectAll()
    .where('seq', '>', seq)
    .orderBy('seq')
    .execute()
  return { seq: rows[rows.length - 1]?.seq ?? seq, revocations: rows.map(revocationOf) }
}

/** The newest seq ever given; it is never given again, even when its row is lifted. */
export async function readRevocationSeq(db: Kysely<Schema>): Promise<number> {
  const row = await db
    .selectFrom('meta')
    .select('value')
    .where('tenant', '=', DEFAULT_TENANT)
    .where('name', '=', REVOCATION_SEQ)
    .executeTakeFirst()
  return row?.value ?? 0
}

/** Upserts: `revoked` stays for ever, `suspended` may become `revoked`, nothing else changes. */
export async function recordRevocation(
  db: Kysely<Schema>,
  tenant: TenantId,
  revocation: Revocation,
): Promise<void> {
  const { subject, effect, reason, at } = revocation
  const seq = await nextSeq(db)
  await db
    .insertInto('revocations')
    .values({ tenant, subject, effect, reason, at, seq })
    .onConflict((conflict) =>
      conflict
        .columns(['tenant', 'subject'])
        .doUpdateSet({ effect, reason, at, seq })
        .where('revocations.effect', '=', 'suspended')
        .where(sql.ref('excluded.effect'), '=', 'revoked'),
    )
    .execute()
}

async function nextSeq(db: Kysely<Schema>): Promise<number> {
  const { value } = await db
    .insertInto('meta')
    .values({ tenant: DEFAULT_TENANT, name: REVOCATION_SEQ, value: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['tenant', 'name'])
        .doUpdateSet((set) => ({ value: set('meta.value', '+', 1) })),
    )
    .returning('value')
    .executeTakeFirstOrThrow()
  return value
}

/** Answers whether there was a suspension to lift; a revocation is never lifted. */
export async function liftSuspension(
  db: Kysely<Schema>,
  tenant: TenantId,
  subject: RevocationSubject,
): Promise<boolean> {
  const deleted = await db
    .deleteFrom('revocations')
    .where('tenant', '=', tenant)
    .where('subject', '=', subject)
    .where('effect', '=', 'suspended')
    .executeTakeFirst()
  return deleted.numDeletedRows === 1n
}

function revocationOf(row: Selectable<RevocationsTable>): Revocation {
  return {
    subject: row.subject as RevocationSubject,
    effect: row.effect,
    reason: row.reason,
    at: row.at as EpochSeconds,
  }
}
