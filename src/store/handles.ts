import type { Kysely, Selectable } from 'kysely'
import type { AuditEntry } from '../domain/audit.ts'
import type { Handle } from '../domain/handle.ts'
import type { CertificateThumbprint, HandleId, LeaseId, TenantId } from '../domain/ids.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { EMPTY_PAGE, pageOf, readCursor } from './page.ts'
import type { Page, PageRequest } from './ports.ts'
import type { HandlesTable } from './schema/handles.ts'
import type { Schema } from './schema.ts'

/** By the digest of its text. */
export async function readHandleByDigest(
  db: Kysely<Schema>,
  digest: CertificateThumbprint,
): Promise<Handle | undefined> {
  const query = db.selectFrom('handles').selectAll().where('digest', '=', digest)
  const row = await query.executeTakeFirst()
  return row && handleOf(row)
}

/** One handle, or undefined. */
export async function readHandle(
  db: Kysely<Schema>,
  tenant: TenantId,
  id: HandleId,
): Promise<Handle | undefined> {
  const row = await db
    .selectFrom('handles')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && handleOf(row)
}

/** Newest first. */
export async function listHandles(
  db: Kysely<Schema>,
  filter: { readonly tenant: TenantId; readonly lease?: LeaseId },
  page: PageRequest,
): Promise<Page<Handle>> {
  const before = readCursor(page.cursor, 2)
  if (before === 'unknown') return EMPTY_PAGE
  let query = db.selectFrom('handles').selectAll().where('tenant', '=', filter.tenant)
  if (filter.lease !== undefined) query = query.where('lease', '=', filter.lease)
  if (before !== null) {
    const [at, id] = [Number(before[0]), String(before[1])]
    query = query.where((or) =>
      or.or([or('created_at', '<', at), or.and([or('created_at', '=', at), or('id', '<', id)])]),
    )
  }
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute()
  return pageOf(rows, page, { item: handleOf, key: (row) => [row.created_at, row.id] })
}

/** Handles of a lease that stand at a moment. */
export async function countHandles(
  db: Kysely<Schema>,
  of: { readonly tenant: TenantId; readonly lease: LeaseId },
  now: EpochSeconds,
): Promise<number> {
  const { count } = await db
    .selectFrom('handles')
    .select((from) => from.fn.countAll<number>().as('count'))
    .where('tenant', '=', of.tenant)
    .where('lease', '=', of.lease)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Adds one. */
export async function insertHandle(db: Kysely<Schema>, handle: Handle): Promise<void> {
  const { tenant, id, digest, lease, label, certificate, addresses } = handle
  await db
    .insertInto('handles')
    .values({
      tenant,
      id,
      digest,
      lease,
      label,
      certificate,
      addresses: JSON.stringify(addresses),
      binding: handle.binding,
      process: handle.process,
      created_by: handle.createdBy,
      created_at: handle.createdAt,
      expires_at: handle.expiresAt,
      revoked_at: handle.revokedAt,
    })
    .execute()
}

/** The first revocation stays. */
export async function recordHandleRevoked(
  db: Kysely<Schema>,
  of: { readonly tenant: TenantId; readonly id: HandleId },
  at: EpochSeconds,
): Promise<void> {
  await db
    .updateTable('handles')
    .set({ revoked_at: at })
    .where('tenant', '=', of.tenant)
    .where('id', '=', of.id)
    .where('revoked_at', 'is', null)
    .execute()
}

function handleOf(row: Selectable<HandlesTable>): Handle {
  return {
    id: row.id as HandleId,
    tenant: row.tenant as TenantId,
    lease: row.lease as LeaseId,
    digest: row.digest as CertificateThumbprint,
    label: row.label,
    certificate: row.certificate as CertificateThumbprint | null,
    addresses: JSON.parse(row.addresses) as readonly string[],
    binding: row.binding,
    process: row.process,
    createdBy: row.created_by as AuditEntry['actor'],
    createdAt: row.created_at as EpochSeconds,
    expiresAt: row.expires_at as EpochSeconds,
    revokedAt: row.revoked_at as EpochSeconds | null,
  }
}
