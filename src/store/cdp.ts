import { type Kysely, sql } from 'kysely'
import type { AgentUri, CertificateThumbprint, Jti, LeaseId, TenantId } from '../domain/ids.ts'
import {
  ISSUED_TOKENS_MAX,
  ISSUED_TOKENS_PER_AGENT_MAX,
  REQUEST_NONCES_PER_AGENT_MAX,
} from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { EpochSeconds } from '../domain/time.ts'
import type { IssuedToken, RequestNonce } from './ports/cdp.ts'
import type { Schema } from './schema.ts'

/**
 * Keeps the nonce of a request: the key is unique, so of many requests that carry it one wins. One
 * that is over by its time still counts until it was swept. On PostgreSQL some that come at the
 * same moment may go beyond the limit of their holder.
 */
export async function takeRequestNonce(
  db: Kysely<Schema>,
  now: EpochSeconds,
  { tenant, holder, hash, expiresAt }: RequestNonce,
): Promise<Result<void>> {
  const { standing } = await db
    .selectFrom('request_nonces')
    .select((eb) => eb.fn.countAll().as('standing'))
    .where('tenant', '=', tenant)
    .where('holder', '=', holder)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  if (Number(standing) >= REQUEST_NONCES_PER_AGENT_MAX) {
    return refuse('overloaded', { nonces: REQUEST_NONCES_PER_AGENT_MAX })
  }
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('request_nonces')
    .values({ tenant, holder, hash, expires_at: expiresAt })
    .onConflict((conflict) => conflict.columns(['tenant', 'holder', 'hash']).doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
    ? accept(undefined)
    : refuse('token_used', { nonce: 'seen' })
}

/** Keeps a token that is about to be handed out. */
export async function noteIssuedToken(
  db: Kysely<Schema>,
  now: EpochSeconds,
  { tenant, jti, holder, lease, certificate, expiresAt }: IssuedToken,
): Promise<Result<void>> {
  const { standing, own } = await db
    .selectFrom('issued_tokens')
    .select((eb) => [
      eb.fn.countAll().as('standing'),
      eb.fn.countAll().filterWhere('holder', '=', holder).as('own'),
    ])
    .where('tenant', '=', tenant)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  if (Number(standing) >= ISSUED_TOKENS_MAX || Number(own) >= ISSUED_TOKENS_PER_AGENT_MAX) {
    return refuse('overloaded', { tokens: Number(standing), own: Number(own) })
  }
  const values = { tenant, jti, holder, lease, certificate, expires_at: expiresAt }
  await db.insertInto('issued_tokens').values(values).execute()
  return accept(undefined)
}

/** Tokens that have not ended. */
export async function readIssuedTokens(
  db: Kysely<Schema>,
  now: EpochSeconds,
  of: { readonly tenant: TenantId; readonly limit: number },
): Promise<readonly IssuedToken[]> {
  const rows = await db
    .selectFrom('issued_tokens')
    .selectAll()
    .where('tenant', '=', of.tenant)
    .where('expires_at', '>', now)
    .orderBy('expires_at')
    .orderBy('jti')
    .limit(of.limit)
    .execute()
  return rows.map((row) => ({
    tenant: row.tenant as TenantId,
    jti: row.jti as Jti,
    holder: row.holder as AgentUri,
    lease: row.lease as LeaseId,
    certificate: row.certificate as CertificateThumbprint,
    expiresAt: row.expires_at as EpochSeconds,
  }))
}

/** Forgets nonces of requests that nobody could send again: their time is long over. */
export async function sweepRequestNonces(
  db: Kysely<Schema>,
  now: EpochSeconds,
  rows: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from request_nonces where (tenant, holder, hash) in (
      select tenant, holder, hash from request_nonces where expires_at <= ${now}
      order by expires_at limit ${rows})`.execute(db)
  return Number(numAffectedRows ?? 0n)
}

/** Forgets tokens that have ended. */
export async function sweepIssuedTokens(
  db: Kysely<Schema>,
  now: EpochSeconds,
  rows: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from issued_tokens where (tenant, jti) in (
      select tenant, jti from issued_tokens where expires_at <= ${now}
      order by expires_at limit ${rows})`.execute(db)
  return Number(numAffectedRows ?? 0n)
}
