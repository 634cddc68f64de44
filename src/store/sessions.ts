import type { Kysely, Selectable } from 'kysely'
import type { CertificateThumbprint, TenantId } from '../domain/ids.ts'
import { SESSION_IDLE_SECONDS, SESSIONS_PER_PERSON_MAX } from '../domain/limits.ts'
import type { Session } from '../domain/session.ts'
import type { EpochSeconds } from '../domain/time.ts'
import type { RoleCredential } from './ports.ts'
import { readRoleCredentialOf } from './role-credentials.ts'
import type { SessionsTable } from './schema/sessions.ts'
import type { Schema } from './schema.ts'

/** By the hash of its secret, with the role credential it stands on. */
export async function readSession(
  db: Kysely<Schema>,
  secretHash: string,
): Promise<{ readonly session: Session; readonly credential: RoleCredential } | undefined> {
  const row = await db
    .selectFrom('sessions')
    .selectAll()
    .where('secret_hash', '=', secretHash)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const session = sessionOf(row)
  const credential = await readRoleCredentialOf(db, session.tenant, session.name)
  return credential && { session, credential }
}

/** Adds one, and ends the oldest of the same person beyond SESSIONS_PER_PERSON_MAX. */
export async function insertSession(db: Kysely<Schema>, session: Session): Promise<void> {
  const { tenant, secretHash, name, certificate, openedAt, usedAt, expiresAt } = session
  await db
    .insertInto('sessions')
    .values({
      tenant,
      secret_hash: secretHash,
      name,
      certificate,
      opened_at: openedAt,
      used_at: usedAt,
      expires_at: expiresAt,
    })
    .execute()
  const all = await db
    .selectFrom('sessions')
    .select('secret_hash')
    .where('tenant', '=', tenant)
    .where('name', '=', name)
    .orderBy('opened_at', 'desc')
    .execute()
  const others = all.map((row) => row.secret_hash).filter((hash) => hash !== secretHash)
  const over = others.slice(SESSIONS_PER_PERSON_MAX - 1)
  if (over.length === 0) return
  await db.deleteFrom('sessions').where('secret_hash', 'in', over).execute()
}

/** Answers false when it was not there. */
export async function endSession(db: Kysely<Schema>, secretHash: string): Promise<boolean> {
  const deleted = await db
    .deleteFrom('sessions')
    .where('secret_hash', '=', secretHash)
    .executeTakeFirst()
  return deleted.numDeletedRows === 1n
}

/** Of everybody: nobody knows which of them were ended in a time that is lost. */
export async function endAllSessions(db: Kysely<Schema>): Promise<void> {
  await db.deleteFrom('sessions').execute()
}

/** Moves the last use forward, never back, of a session that stands. */
export async function noteSessionUse(
  db: Kysely<Schema>,
  now: EpochSeconds,
  secretHash: string,
): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ used_at: now })
    .where('secret_hash', '=', secretHash)
    .where('used_at', '<', now)
    .where('used_at', '>', now - SESSION_IDLE_SECONDS)
    .where('expires_at', '>', now)
    .execute()
}

/** Sessions that are over; one that is not there is refused as unknown. */
export async function sweepSessions(
  db: Kysely<Schema>,
  now: EpochSeconds,
  rows: number,
): Promise<number> {
  const over = await db
    .selectFrom('sessions')
    .select('secret_hash')
    .where('expires_at', '<=', now)
    .limit(rows)
    .execute()
  if (over.length === 0) return 0
  const hashes = over.map((row) => row.secret_hash)
  await db.deleteFrom('sessions').where('secret_hash', 'in', hashes).execute()
  return hashes.length
}

function sessionOf(row: Selectable<SessionsTable>): Session {
  return {
    tenant: row.tenant as TenantId,
    secretHash: row.secret_hash,
    name: row.name,
    certificate: row.certificate as CertificateThumbprint | null,
    openedAt: row.opened_at as EpochSeconds,
    usedAt: row.used_at as EpochSeconds,
    expiresAt: row.expires_at as EpochSeconds,
  }
}
