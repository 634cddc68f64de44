import { type Kysely, PostgresAdapter, sql } from 'kysely'
import type { AuditPosition } from '../../domain/audit.ts'
import type { CertificateThumbprint, Jti, LeaseId, TenantId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { SpentToken, TokenToSpend } from '../ports.ts'
import type { Schema, SpentTokensTable } from '../schema.ts'

/** What is remembered of a spent token. A receipt is asked for by jti alone. */
export async function readSpentToken(
  db: Kysely<Schema>,
  tenant: TenantId,
  jti: Jti,
): Promise<SpentToken | undefined> {
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter
  const row = isPostgres ? await findByIndex(db, tenant, jti) : await findByHops(db, tenant, jti)
  return (
    row && {
      jti: row.jti as Jti,
      certificate: row.certificate as CertificateThumbprint,
      at: row.at as EpochSeconds,
      record: { chain: row.chain, sequence: row.sequence },
      bornLease: row.born_lease as LeaseId | null,
    }
  )
}

async function findByIndex(
  db: Kysely<Schema>,
  tenant: TenantId,
  jti: Jti,
): Promise<SpentTokensTable | undefined> {
  return db
    .selectFrom('spent_tokens')
    .selectAll()
    .where('jti', '=', jti)
    .where('tenant', '=', tenant)
    .executeTakeFirst()
}

/**
 * SQLite's index begins with the end of the token, and ends are whole seconds within some minutes:
 * the query hops from the latest second to the one before and looks into each.
 */
async function findByHops(
  db: Kysely<Schema>,
  tenant: TenantId,
  jti: Jti,
): Promise<SpentTokensTable | undefined> {
  const { rows } = await sql<SpentTokensTable>`
    with recursive ends(expires_at) as (
      select max(expires_at) from spent_tokens
      union all
      select (select max(s.expires_at) from spent_tokens s where s.expires_at < ends.expires_at)
      from ends where ends.expires_at is not null
    )
    select spent_tokens.* from ends
    join spent_tokens on spent_tokens.expires_at = ends.expires_at and spent_tokens.jti = ${jti}
    where spent_tokens.tenant = ${tenant} limit 1`.execute(db)
  return rows[0]
}

/**
 * I7: one conditional insert. Refusals: `expired` (a token whose end has passed may have been swept
 * out of memory, so it is never spent again), `token_used` with the position of the first record.
 */
export async function spendToken(
  db: Kysely<Schema>,
  spent: TokenToSpend & Pick<SpentToken, 'record'>,
  now: EpochSeconds,
): Promise<Result<void>> {
  const { jti, expiresAt, root } = spent
  if (expiresAt <= now) return refuse('expired', { expiresAt })
  const inserted = await db
    .insertInto('spent_tokens')
    .values({
      expires_at: expiresAt,
      jti,
      root_id: root,
      tenant: spent.tenant,
      certificate: spent.certificate,
      at: spent.at,
      chain: spent.record.chain,
      sequence: spent.record.sequence,
      born_lease: spent.bornLease,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  if (inserted.numInsertedOrUpdatedRows === 1n) return accept(undefined)
  return refuse('token_used', await firstUse(db, spent))
}

async function firstUse(
  db: Kysely<Schema>,
  { root, jti, expiresAt }: TokenToSpend,
): Promise<{ spentChain: string; spentSequence: number }> {
  const row = await db
    .selectFrom('spent_tokens')
    .select(['chain', 'sequence'])
    .where('root_id', '=', root)
    .where('expires_at', '=', expiresAt)
    .where('jti', '=', jti)
    .executeTakeFirstOrThrow()
  return usedFacts(row)
}

/**
 * Facts of `token_used`: where the record of the first use stands, so that its receipt is found.
 */
export function usedFacts(record: AuditPosition): { spentChain: string; spentSequence: number } {
  return { spentChain: record.chain, spentSequence: record.sequence }
}
