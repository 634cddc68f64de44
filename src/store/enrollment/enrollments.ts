import type { Kysely, Selectable } from 'kysely'
import type { Enrollment } from '../../domain/enrollment.ts'
import type {
  AgentUri,
  EnrollmentId,
  KeyThumbprint,
  PrincipalId,
  RegistrationId,
  TenantId,
} from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { EnrollmentsTable } from '../schema/enrollments.ts'
import type { Schema } from '../schema.ts'

/** An invitation by its id. */
export async function readEnrollment(
  db: Kysely<Schema>,
  tenant: TenantId,
  id: EnrollmentId,
): Promise<Enrollment | undefined> {
  const row = await db
    .selectFrom('enrollments')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && enrollmentOf(row)
}

/** An invitation by the hash of its token, whatever became of it. */
export async function readEnrollmentOfToken(
  db: Kysely<Schema>,
  tokenHash: string,
): Promise<Enrollment | undefined> {
  const row = await db
    .selectFrom('enrollments')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst()
  return row && enrollmentOf(row)
}

/** Writes a new invitation; a fault when id or token were there before. */
export async function insertEnrollment(db: Kysely<Schema>, enrollment: Enrollment): Promise<void> {
  await db
    .insertInto('enrollments')
    .values({
      id: enrollment.id,
      tenant: enrollment.tenant,
      owner: enrollment.owner,
      token_hash: enrollment.tokenHash,
      nonce: enrollment.nonce,
      created_at: enrollment.createdAt,
      expires_at: enrollment.expiresAt,
      registration: enrollment.registration,
    })
    .execute()
}

/** Spends an invitation in one conditional write; false: used, ended or unknown. */
export async function useEnrollment(
  db: Kysely<Schema>,
  id: EnrollmentId,
  use: { readonly registration: RegistrationId; readonly at: EpochSeconds },
): Promise<boolean> {
  const updated = await db
    .updateTable('enrollments')
    .set({ registration: use.registration })
    .where('id', '=', id)
    .where('registration', 'is', null)
    .where('expires_at', '>', use.at)
    .executeTakeFirst()
  return updated.numUpdatedRows === 1n
}

/** The agent this key was ever certified for. */
export async function readKeyHolder(
  db: Kysely<Schema>,
  key: KeyThumbprint,
): Promise<AgentUri | undefined> {
  const row = await db
    .selectFrom('agent_keys')
    .select('uri')
    .where('key_thumbprint', '=', key)
    .executeTakeFirst()
  return row && (row.uri as AgentUri)
}

/** LEASH-33: refuses `conflict` when another agent has or had this key, in any tenant. */
export async function claimKey(
  db: Kysely<Schema>,
  claim: {
    readonly key: KeyThumbprint
    readonly tenant: TenantId
    readonly uri: AgentUri
    readonly at: EpochSeconds
  },
): Promise<Result<void>> {
  const { key, tenant, uri, at } = claim
  const inserted = await db
    .insertInto('agent_keys')
    .values({ key_thumbprint: key, tenant, uri, first_at: at })
    .onConflict((conflict) => conflict.column('key_thumbprint').doNothing())
    .executeTakeFirst()
  if (inserted.numInsertedOrUpdatedRows === 1n) return accept(undefined)
  const own = await db
    .selectFrom('agent_keys')
    .select('uri')
    .where('key_thumbprint', '=', key)
    .where('tenant', '=', tenant)
    .where('uri', '=', uri)
    .executeTakeFirst()
  if (own !== undefined) return accept(undefined)
  const detail = 'This key belongs to another connection; make a fresh one.'
  return refuse('conflict', { key }, [{ pointer: '/csr', code: 'key_taken', detail }])
}

function enrollmentOf(row: Selectable<EnrollmentsTable>): Enrollment {
  return {
    tenant: row.tenant as TenantId,
    id: row.id as EnrollmentId,
    owner: row.owner as PrincipalId,
    tokenHash: row.token_hash,
    nonce: row.nonce,
    createdAt: row.created_at as EpochSeconds,
    expiresAt: row.expires_at as EpochSeconds,
    registration: row.registration as RegistrationId | null,
  }
}
