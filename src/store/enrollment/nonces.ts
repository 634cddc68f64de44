import { type Kysely, sql } from 'kysely'
import {
  CLOCK_SKEW_SECONDS,
  NONCES_ENROLLMENT_MAX,
  NONCES_PER_AGENT_MAX,
} from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { IssuedNonce, SpentProof } from '../ports/attestation.ts'
import type { Schema } from '../schema.ts'

type KeptNonce = Omit<IssuedNonce, 'expiresAt'>

/**
 * Keeps a nonce that was drawn. Refuses `overloaded` when its holder has as many as it may; what
 * stands is never pushed out (T-08). On PostgreSQL some that are asked for at the same moment may
 * go beyond.
 */
export async function issueNonce(
  db: Kysely<Schema>,
  now: EpochSeconds,
  nonce: IssuedNonce,
): Promise<Result<void>> {
  const { tenant, hash, holder, expiresAt } = nonce
  const max = holder === 'enrollment' ? NONCES_ENROLLMENT_MAX : NONCES_PER_AGENT_MAX
  const { standing } = await db
    .selectFrom('nonces')
    .select((eb) => eb.fn.countAll().as('standing'))
    .where('tenant', '=', tenant)
    .where('holder', '=', holder)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  if (Number(standing) >= max) return refuse('overloaded', { nonces: max })
  await db.insertInto('nonces').values({ tenant, hash, holder, expires_at: expiresAt }).execute()
  return accept(undefined)
}

/** Whether a nonce stands for its holder. */
export async function nonceStands(
  db: Kysely<Schema>,
  now: EpochSeconds,
  { tenant, hash, holder }: KeptNonce,
): Promise<boolean> {
  const row = await db
    .selectFrom('nonces')
    .select('hash')
    .where('hash', '=', hash)
    .where('tenant', '=', tenant)
    .where('holder', '=', holder)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row !== undefined
}

/** Takes a nonce: one conditional statement, so of many takers one wins. */
export async function takeNonce(
  db: Kysely<Schema>,
  now: EpochSeconds,
  { tenant, hash, holder }: KeptNonce,
): Promise<Result<void>> {
  const { numDeletedRows } = await db
    .deleteFrom('nonces')
    .where('hash', '=', hash)
    .where('tenant', '=', tenant)
    .where('holder', '=', holder)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return numDeletedRows === 1n ? accept(undefined) : refuse('attestation_failed', { nonce: 'none' })
}

/** Spends a proof: one conditional statement, so of many spenders one wins. */
export async function spendProof(
  db: Kysely<Schema>,
  { tenant, key, expiresAt }: SpentProof,
): Promise<Result<void>> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('spent_proofs')
    .values({ tenant, key, expires_at: expiresAt })
    .onConflict((conflict) => conflict.columns(['tenant', 'key']).doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
    ? accept(undefined)
    : refuse('attestation_failed', { proof: 'used' })
}

/** Forgets nonces that are over. */
export async function sweepNonces(
  db: Kysely<Schema>,
  now: EpochSeconds,
  rows: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from nonces where hash in (
      select hash from nonces where expires_at <= ${now}
      order by expires_at limit ${rows})`.execute(db)
  return Number(numAffectedRows ?? 0n)
}

/** Forgets proofs that are refused by their end before anybody asks whether they were spent. */
export async function sweepProofs(
  db: Kysely<Schema>,
  now: EpochSeconds,
  rows: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from spent_proofs where (tenant, key) in (
      select tenant, key from spent_proofs where expires_at <= ${now - CLOCK_SKEW_SECONDS}
      order by expires_at limit ${rows})`.execute(db)
  return Number(numAffectedRows ?? 0n)
}
