import { type Kysely, sql } from 'kysely'
import type { CertificateThumbprint, Jti, LeaseId, TenantId } from '../domain/ids.ts'
import type { LeashRow } from '../domain/leash.ts'
import { LEASE_CUMULATIVE_SECONDS_MAX } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { EpochSeconds } from '../domain/time.ts'
import type { Schema } from './schema.ts'

/** One leash by its id, or undefined. */
export async function readLeash(
  db: Kysely<Schema>,
  tenant: TenantId,
  jti: Jti,
): Promise<LeashRow | undefined> {
  const row = await db
    .selectFrom('leashes')
    .selectAll()
    .where('jti', '=', jti)
    .where('tenant', '=', tenant)
    .executeTakeFirst()
  if (row === undefined) return undefined
  return {
    tenant,
    jti,
    lease: row.lease as LeaseId,
    version: Number(row.version),
    certificate: row.certificate as CertificateThumbprint,
    createdAt: Number(row.created_at) as EpochSeconds,
    expiresAt: Number(row.expires_at) as EpochSeconds,
  }
}

/** The highest version of a lease; 0 when it has none. */
export async function readLeashVersion(
  db: Kysely<Schema>,
  tenant: TenantId,
  lease: LeaseId,
): Promise<number> {
  const { version } = await db
    .selectFrom('leashes')
    .select((from) => from.fn.max('version').as('version'))
    .where('tenant', '=', tenant)
    .where('lease', '=', lease)
    .executeTakeFirstOrThrow()
  return Number(version ?? 0)
}

/** Adds one: of two that take the same version one wins. */
export async function insertLeash(db: Kysely<Schema>, leash: LeashRow): Promise<Result<void>> {
  const { tenant, jti, lease, version, certificate, createdAt, expiresAt } = leash
  const dates = { created_at: createdAt, expires_at: expiresAt }
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('leashes')
    .values({ tenant, jti, lease, version, certificate, ...dates })
    .onConflict((conflict) => conflict.columns(['tenant', 'lease', 'version']).doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n ? accept(undefined) : refuse('conflict', { version })
}

/**
 * Forgets leashes whose lease is over for good: a version is given once while a lease can still
 * have another.
 */
export async function sweepLeashes(
  db: Kysely<Schema>,
  now: EpochSeconds,
  rows: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from leashes where jti in (
      select jti from leashes where expires_at < ${now - LEASE_CUMULATIVE_SECONDS_MAX}
      order by expires_at limit ${rows})`.execute(db)
  return Number(numAffectedRows ?? 0n)
}
