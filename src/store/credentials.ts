import type { Insertable, Kysely, Selectable } from 'kysely'
import type {
  Credential,
  CredentialAction,
  CredentialKey,
  CredentialVersion,
  Placement,
  TokenEndpoint,
} from '../domain/credential.ts'
import type { PrincipalId, TenantId } from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { StoreFault } from './fault.ts'
import { EMPTY_PAGE, pageOf, readCursor } from './page.ts'
import type { Page, PageRequest } from './ports.ts'
import type { CredentialsTable, CredentialVersionsTable } from './schema/credentials.ts'
import type { Schema } from './schema.ts'

/** Owners are never empty, so the empty text is free to mean that nobody alone is. */
const SHARED = ''

/** The owner's own credential of this name, else the shared one, or undefined. */
export async function readCredential(
  db: Kysely<Schema>,
  key: CredentialKey,
): Promise<Credential | undefined> {
  const row = await db
    .selectFrom('credentials')
    .selectAll()
    .where('tenant', '=', key.tenant)
    .where('name', '=', key.name)
    .where('environment', '=', key.environment)
    .where('owner', 'in', [SHARED, key.owner ?? SHARED])
    .orderBy('owner', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && credentialOf(row)
}

/** Exactly the credential of this key, or undefined. */
export async function readOwnCredential(
  db: Kysely<Schema>,
  key: CredentialKey,
): Promise<Credential | undefined> {
  const found = await readCredential(db, key)
  return found?.owner === key.owner ? found : undefined
}

/** The tenant's credentials by name, environment and owner. */
export async function listCredentials(
  db: Kysely<Schema>,
  filter: { readonly tenant: TenantId; readonly environment?: string },
  page: PageRequest,
): Promise<Page<Credential>> {
  const after = readCursor(page.cursor, 3)
  if (after === 'unknown') return EMPTY_PAGE
  let query = db.selectFrom('credentials').selectAll().where('tenant', '=', filter.tenant)
  if (filter.environment !== undefined) {
    query = query.where('environment', '=', filter.environment)
  }
  if (after !== null) {
    const [name = '', environment = '', owner = ''] = after.map(String)
    query = query.where((where) =>
      where.or([
        where('name', '>', name),
        where.and([where('name', '=', name), where('environment', '>', environment)]),
        where.and([
          where('name', '=', name),
          where('environment', '=', environment),
          where('owner', '>', owner),
        ]),
      ]),
    )
  }
  const rows = await query
    .orderBy('name')
    .orderBy('environment')
    .orderBy('owner')
    .limit(page.limit + 1)
    .execute()
  const key = (row: (typeof rows)[number]) => [row.name, row.environment, row.owner]
  return pageOf(rows, page, { item: credentialOf, key })
}

/** Refuses `conflict` when name, environment and owner are taken. */
export async function insertCredential(
  db: Kysely<Schema>,
  credential: Credential,
): Promise<Result<void>> {
  const inserted = await db
    .insertInto('credentials')
    .values(rowOf(credential))
    .onConflict((conflict) =>
      conflict.columns(['tenant', 'name', 'environment', 'owner']).doNothing(),
    )
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 0n
    ? refuse('conflict', { credential: credential.name })
    : accept(undefined)
}

/** Replaces everything but the key. A fault when there is no such credential. */
export async function updateCredential(db: Kysely<Schema>, credential: Credential): Promise<void> {
  const { tenant, name, environment, owner, ...changes } = rowOf(credential)
  const updated = await db
    .updateTable('credentials')
    .set(changes)
    .where('tenant', '=', tenant)
    .where('name', '=', name)
    .where('environment', '=', environment)
    .where('owner', '=', owner)
    .executeTakeFirst()
  if (updated.numUpdatedRows !== 1n) throw new StoreFault('fault', 'There is no such credential.')
}

/** Removes a credential and its versions; answers false when there is none. */
export async function removeCredential(db: Kysely<Schema>, key: CredentialKey): Promise<boolean> {
  const { tenant, name, environment } = key
  const owner = key.owner ?? SHARED
  await db
    .deleteFrom('credential_versions')
    .where('tenant', '=', tenant)
    .where('name', '=', name)
    .where('environment', '=', environment)
    .where('owner', '=', owner)
    .execute()
  const removed = await db
    .deleteFrom('credentials')
    .where('tenant', '=', tenant)
    .where('name', '=', name)
    .where('environment', '=', environment)
    .where('owner', '=', owner)
    .executeTakeFirst()
  return removed.numDeletedRows === 1n
}

/** The versions that are kept, newest first. */
export async function listCredentialVersions(
  db: Kysely<Schema>,
  key: CredentialKey,
): Promise<readonly CredentialVersion[]> {
  const rows = await versionsOf(db, key).orderBy('version', 'desc').execute()
  return rows.map(versionOf)
}

/** One version, or undefined. */
export async function readCredentialVersion(
  db: Kysely<Schema>,
  key: CredentialKey,
  version: number,
): Promise<CredentialVersion | undefined> {
  const row = await versionsOf(db, key).where('version', '=', version).executeTakeFirst()
  return row && versionOf(row)
}

/** Adds a version, and removes all but the newest `kept`: what was replaced is still a secret. */
export async function insertCredentialVersion(
  db: Kysely<Schema>,
  version: CredentialVersion,
  kept: number,
): Promise<void> {
  const owner = version.owner ?? SHARED
  const { tenant, name, environment, sealed, reference } = version
  await db
    .insertInto('credential_versions')
    .values({
      ...{ tenant, name, environment, owner, sealed, reference },
      version: version.version,
      created_at: version.createdAt,
      created_by: version.createdBy,
    })
    .execute()
  await db
    .deleteFrom('credential_versions')
    .where('tenant', '=', tenant)
    .where('name', '=', name)
    .where('environment', '=', environment)
    .where('owner', '=', owner)
    .where('version', '<=', version.version - kept)
    .execute()
}

function versionsOf(db: Kysely<Schema>, key: CredentialKey) {
  return db
    .selectFrom('credential_versions')
    .selectAll()
    .where('tenant', '=', key.tenant)
    .where('name', '=', key.name)
    .where('environment', '=', key.environment)
    .where('owner', '=', key.owner ?? SHARED)
}

function keyOf(row: { tenant: string; name: string; environment: string; owner: string }) {
  const { tenant, name, environment, owner } = row
  return {
    tenant: tenant as TenantId,
    name,
    environment,
    owner: owner === SHARED ? null : (owner as PrincipalId),
  }
}

/** A version as it is kept. */
export function versionOf(row: Selectable<CredentialVersionsTable>): CredentialVersion {
  return {
    ...keyOf(row),
    version: row.version,
    sealed: row.sealed,
    reference: row.reference,
    createdAt: row.created_at as EpochSeconds,
    createdBy: row.created_by,
  }
}

/** A credential as it is kept. */
export function credentialOf(row: Selectable<CredentialsTable>): Credential {
  return {
    ...keyOf(row),
    kind: row.kind,
    category: row.category,
    origins: JSON.parse(row.origins) as readonly string[],
    placement: JSON.parse(row.placement) as Placement,
    token: row.token === null ? null : (JSON.parse(row.token) as TokenEndpoint),
    backend: row.backend,
    version: row.version,
    newestVersion: row.newest_version,
    state: row.state,
    requiresApproval: row.requires_approval === 1,
    allowedActions: row.allowed_actions.split(' ') as readonly CredentialAction[],
    classification: row.classification,
    createdAt: row.created_at as EpochSeconds,
    changedAt: row.changed_at as EpochSeconds,
    mark: row.mark,
  }
}

function rowOf(credential: Credential): Insertable<CredentialsTable> {
  const { tenant, name, environment, kind, category, backend, version, state, mark } = credential
  return {
    ...{ tenant, name, environment, kind, category, backend, version, state, mark },
    owner: credential.owner ?? SHARED,
    newest_version: credential.newestVersion,
    requires_approval: credential.requiresApproval ? 1 : 0,
    allowed_actions: credential.allowedActions.join(' '),
    classification: credential.classification,
    created_at: credential.createdAt,
    changed_at: credential.changedAt,
    origins: JSON.stringify(credential.origins),
    placement: JSON.stringify(credential.placement),
    token: credential.token === null ? null : JSON.stringify(credential.token),
  }
}
