import type { Kysely, Selectable } from 'kysely'
import type { CertificateThumbprint, TenantId } from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { EpochSeconds } from '../domain/time.ts'
import type { RoleCredential } from './ports.ts'
import type { RoleCredentialsTable, Schema } from './schema.ts'

/** The credential with this token hash, revoked or not, or undefined. */
export async function readRoleCredential(
  db: Kysely<Schema>,
  tokenHash: string,
): Promise<RoleCredential | undefined> {
  const row = await db
    .selectFrom('role_credentials')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst()
  return row && credentialOf(row)
}

/** The credential with this certificate, revoked or not, or undefined. */
export async function readRoleCredentialOfCertificate(
  db: Kysely<Schema>,
  certificate: CertificateThumbprint,
): Promise<RoleCredential | undefined> {
  const row = await db
    .selectFrom('role_credentials')
    .selectAll()
    .where('certificate', '=', certificate)
    .executeTakeFirst()
  return row && credentialOf(row)
}

/** The credential of this name, revoked or not, or undefined. */
export async function readRoleCredentialOf(
  db: Kysely<Schema>,
  tenant: TenantId,
  name: string,
): Promise<RoleCredential | undefined> {
  const row = await db
    .selectFrom('role_credentials')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('name', '=', name)
    .executeTakeFirst()
  return row && credentialOf(row)
}

/** All of a tenant's credentials by name, revoked ones too. */
export async function listRoleCredentials(
  db: Kysely<Schema>,
  tenant: TenantId,
): Promise<readonly RoleCredential[]> {
  const rows = await db
    .selectFrom('role_credentials')
    .selectAll()
    .where('tenant', '=', tenant)
    .orderBy('name')
    .execute()
  return rows.map(credentialOf)
}

/**
 * Refuses `conflict` when name, token or certificate is taken, also by a revoked one: names are not
 * reused.
 */
export async function insertRoleCredential(
  db: Kysely<Schema>,
  credential: RoleCredential,
): Promise<Result<void>> {
  const inserted = await db
    .insertInto('role_credentials')
    .values({
      tenant: credential.tenant,
      name: credential.name,
      role: credential.role,
      token_hash: credential.tokenHash,
      certificate: credential.certificate,
      created_at: credential.createdAt,
      revoked_at: credential.revokedAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 0n
    ? refuse('conflict', { name: credential.name })
    : accept(undefined)
}

/** Answers false when there is no such credential or it was revoked before. */
export async function revokeRoleCredential(
  db: Kysely<Schema>,
  tenant: TenantId,
  name: string,
  at: EpochSeconds,
): Promise<boolean> {
  const updated = await db
    .updateTable('role_credentials')
    .set({ revoked_at: at })
    .where('tenant', '=', tenant)
    .where('name', '=', name)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return updated.numUpdatedRows === 1n
}

function credentialOf(row: Selectable<RoleCredentialsTable>): RoleCredential {
  return {
    tenant: row.tenant as TenantId,
    name: row.name,
    role: row.role,
    tokenHash: row.token_hash,
    certificate: row.certificate as CertificateThumbprint | null,
    createdAt: row.created_at as EpochSeconds,
    revokedAt: row.revoked_at as EpochSeconds | null,
  }
}
