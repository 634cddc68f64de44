import { type Kysely, type Selectable, sql } from 'kysely'
import { DEFAULT_TENANT, type TenantId } from '../../domain/ids.ts'
import { REVOCATION_CHANGES_MAX } from '../../domain/limits.ts'
import type { RevocationChange, RevocationSubject } from '../../domain/revocation.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { RevocationChanges } from '../ports.ts'
import { REVOCATION_SEQ, type RevocationLogTable, type Schema } from '../schema.ts'

/** Some thousand changes a second, for days, between a backup and the loss of what followed. */
const LOST_NUMBERS = 1_000_000_000

/** The newest number of the log; never given again, whatever is swept. 0 before the first. */
export async function readRevocationHead(db: Kysely<Schema>): Promise<number> {
  const row = await db
    .selectFrom('meta')
    .select('value')
    .where('tenant', '=', DEFAULT_TENANT)
    .where('name', '=', REVOCATION_SEQ)
    .executeTakeFirst()
  return row?.value ?? 0
}

/**
 * Takes the log for this transaction and answers its head. What is read of revocations afterwards
 * can not change before the commit; whoever writes them takes the log first, so that nobody waits
 * in a circle.
 */
export function lockLog(db: Kysely<Schema>): Promise<number> {
  return moveHead(db, 0)
}

/** Appends one change with the next number. The number is lost with the transaction, so no gap. */
export async function appendChange(
  db: Kysely<Schema>,
  change: Omit<RevocationChange, 'seq'>,
): Promise<void> {
  const { tenant, subject, effect, reason, at } = change
  const seq = await moveHead(db, 1)
  await db
    .insertInto('revocation_log')
    .values({ seq, tenant, subject, effect, reason, at })
    .execute()
}

/**
 * Passes over more numbers than can have been given in a lost part of the store, so that none of
 * them is ever given again: whoever has seen one can only begin anew with a snapshot (I9).
 */
export async function skipLostNumbers(db: Kysely<Schema>): Promise<void> {
  await moveHead(db, LOST_NUMBERS)
}

async function moveHead(db: Kysely<Schema>, by: number): Promise<number> {
  const { value } = await db
    .insertInto('meta')
    .values({ tenant: DEFAULT_TENANT, name: REVOCATION_SEQ, value: by })
    .onConflict((conflict) =>
      conflict.columns(['tenant', 'name']).doUpdateSet({ value: sql`meta.value + ${by}` }),
    )
    .returning('value')
    .executeTakeFirstOrThrow()
  return value
}

/**
 * Changes after `after`, oldest first, at most `limit`. Not `whole` when the log was swept beyond
 * it, or when the reader has seen a number that was never given: then it is told nothing else.
 */
export async function readRevocationChanges(
  db: Kysely<Schema>,
  after: number,
  limit: number,
): Promise<RevocationChanges> {
  const head = await readRevocationHead(db)
  if (after === head) return { head, changes: [], whole: true }
  const rows = await db
    .selectFrom('revocation_log')
    .selectAll()
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .execute()
  const whole = rows[0]?.seq === after + 1
  return { head, changes: whole ? rows.map(changeOf) : [], whole }
}

/**
 * Every change after `after`, for listeners in this process. One that slept for so long that the
 * log was swept goes on at its head: no call of it still runs, since none outlives its lease.
 */
export async function readChangesAfter(
  db: Kysely<Schema>,
  after: number,
): Promise<{ readonly head: number; readonly changes: readonly RevocationChange[] }> {
  const changes: RevocationChange[] = []
  for (let seq = after; ; ) {
    const read = await readRevocationChanges(db, seq, REVOCATION_CHANGES_MAX)
    changes.push(...read.changes)
    seq = read.whole ? (changes[changes.length - 1]?.seq ?? seq) : read.head
    if (seq >= read.head) return { head: seq, changes }
  }
}

/** A row of the log as the domain knows it. */
export function changeOf(row: Selectable<RevocationLogTable>): RevocationChange {
  return {
    seq: row.seq,
    tenant: row.tenant as TenantId,
    subject: row.subject as RevocationSubject,
    effect: row.effect,
    reason: row.reason,
    at: row.at as EpochSeconds,
  }
}
