import type { Insertable, Kysely, Selectable } from 'kysely'
import type { AgentAttestation } from '../../domain/attestation.ts'
import type { PlatformFacts, Registration, RegistrationGrant } from '../../domain/enrollment.ts'
import type {
  AgentUri,
  EnrollmentId,
  KeyThumbprint,
  PrincipalId,
  RegistrationId,
  TenantId,
} from '../../domain/ids.ts'
import type { Scope } from '../../domain/scope/types.ts'
import type { ContractTerms } from '../../domain/terms.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { EMPTY_PAGE, pageOf, readCursor } from '../page.ts'
import type { RegistrationDecision } from '../ports/enrollments.ts'
import type { Page, PageRequest } from '../ports.ts'
import type { RegistrationsTable } from '../schema/enrollments.ts'
import type { Schema } from '../schema.ts'

/** A registration by its id. */
export async function readRegistration(
  db: Kysely<Schema>,
  tenant: TenantId,
  id: RegistrationId,
): Promise<Registration | undefined> {
  const row = await db
    .selectFrom('registrations')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && registrationOf(row)
}

/** A registration by the hash of its collect secret, whatever became of it. */
export async function readRegistrationOfSecret(
  db: Kysely<Schema>,
  collectHash: string,
): Promise<Registration | undefined> {
  const row = await db
    .selectFrom('registrations')
    .selectAll()
    .where('collect_hash', '=', collectHash)
    .executeTakeFirst()
  return row && registrationOf(row)
}

/** The tenant's registrations, newest first. */
export async function listRegistrations(
  db: Kysely<Schema>,
  tenant: TenantId,
  page: PageRequest,
): Promise<Page<Registration>> {
  const before = readCursor(page.cursor, 2)
  if (before === 'unknown') return EMPTY_PAGE
  let query = db.selectFrom('registrations').selectAll().where('tenant', '=', tenant)
  if (before !== null) {
    const [at, id] = [Number(before[0]), String(before[1])]
    query = query.where(({ eb, or, and }) =>
      or([eb('registered_at', '<', at), and([eb('registered_at', '=', at), eb('id', '<', id)])]),
    )
  }
  const rows = await query
    .orderBy('registered_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute()
  return pageOf(rows, page, { item: registrationOf, key: (row) => [row.registered_at, row.id] })
}

/** Writes a new registration; a fault when its id or secret were there before. */
export async function insertRegistration(
  db: Kysely<Schema>,
  registration: Registration,
): Promise<void> {
  await db.insertInto('registrations').values(rowOf(registration)).execute()
}

/** Approves what is pending, denies what is pending or approved; false: it stands otherwise. */
export async function decideRegistration(
  db: Kysely<Schema>,
  place: { readonly tenant: TenantId; readonly id: RegistrationId },
  decision: RegistrationDecision,
): Promise<boolean> {
  const from =
    decision.step === 'approved' ? ['pending' as const] : (['pending', 'approved'] as const)
  const granted =
    decision.step === 'approved'
      ? {
          contract: JSON.stringify(decision.grant.contract),
          terms: JSON.stringify(decision.grant.terms),
          expires_at: decision.expiresAt,
        }
      : {}
  const updated = await db
    .updateTable('registrations')
    .set({ step: decision.step, decided_at: decision.at, ...granted })
    .where('tenant', '=', place.tenant)
    .where('id', '=', place.id)
    .where('step', 'in', from)
    .where('expires_at', '>', decision.at)
    .executeTakeFirst()
  return updated.numUpdatedRows === 1n
}

/** Marks what is approved as collected, once; false: it stands otherwise. */
export async function collectRegistration(
  db: Kysely<Schema>,
  place: { readonly tenant: TenantId; readonly id: RegistrationId },
  at: EpochSeconds,
): Promise<boolean> {
  const updated = await db
    .updateTable('registrations')
    .set({ step: 'collected' })
    .where('tenant', '=', place.tenant)
    .where('id', '=', place.id)
    .where('step', '=', 'approved')
    .where('expires_at', '>', at)
    .executeTakeFirst()
  return updated.numUpdatedRows === 1n
}

function registrationOf(row: Selectable<RegistrationsTable>): Registration {
  return {
    tenant: row.tenant as TenantId,
    id: row.id as RegistrationId,
    enrollment: row.enrollment as EnrollmentId,
    owner: row.owner as PrincipalId,
    uri: row.uri as AgentUri,
    csrPem: row.csr,
    key: row.key_thumbprint as KeyThumbprint,
    attestation: JSON.parse(row.attestation) as AgentAttestation,
    platform: JSON.parse(row.platform) as PlatformFacts,
    address: row.address,
    collectHash: row.collect_hash,
    challenge: row.challenge,
    step: row.step,
    grant: grantOf(row),
    registeredAt: row.registered_at as EpochSeconds,
    expiresAt: row.expires_at as EpochSeconds,
    decidedAt: row.decided_at as EpochSeconds | null,
  }
}

function grantOf(row: Selectable<RegistrationsTable>): RegistrationGrant | null {
  if (row.contract === null || row.terms === null) return null
  const contract = JSON.parse(row.contract) as Scope
  return { contract, terms: JSON.parse(row.terms) as ContractTerms }
}

function rowOf(registration: Registration): Insertable<RegistrationsTable> {
  const { grant } = registration
  return {
    id: registration.id,
    tenant: registration.tenant,
    enrollment: registration.enrollment,
    owner: registration.owner,
    uri: registration.uri,
    csr: registration.csrPem,
    key_thumbprint: registration.key,
    attestation: JSON.stringify(registration.attestation),
    platform: JSON.stringify(registration.platform),
    address: registration.address,
    collect_hash: registration.collectHash,
    challenge: registration.challenge,
    step: registration.step,
    contract: grant === null ? null : JSON.stringify(grant.contract),
    terms: grant === null ? null : JSON.stringify(grant.terms),
    registered_at: registration.registeredAt,
    expires_at: registration.expiresAt,
    decided_at: registration.decidedAt,
  }
}
