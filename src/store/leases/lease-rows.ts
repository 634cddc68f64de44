import type { Insertable, Kysely } from 'kysely'
import type { AttestationResult } from '../../domain/attestation.ts'
import type { AgentUri, LeaseId, PrincipalId, TenantId } from '../../domain/ids.ts'
import { type Labels, labelLine, labelsOf, NO_LABELS } from '../../domain/labels.ts'
import { depthOf, holderOf, type Lease, rootOf } from '../../domain/lease.ts'
import type { Scope } from '../../domain/scope/types.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { LeasesTable, Schema } from '../schema.ts'

/** `path` of a lineage: each id, root first, followed by a slash. */
export function pathOf(lineage: readonly LeaseId[]): string {
  return `${lineage.join('/')}/`
}

/** The first text behind every path that begins with `path`: 0 follows the slash. */
export function pathEnd(path: string): string {
  return `${path.slice(0, -1)}0`
}

/** root..self out of a path. */
export function lineageOf(path: string): readonly LeaseId[] {
  return path.slice(0, -1).split('/') as LeaseId[]
}

/** A lease with the counter that stands apart from it. */
export interface LeaseRow extends LeasesTable {
  readonly uses_spent: number | null
}

/** Every lease query starts here: the row joined with its counter. */
export function selectLeases(db: Kysely<Schema>) {
  return db
    .selectFrom('leases')
    .leftJoin('lease_uses', (join) =>
      join
        .onRef('lease_uses.root_id', '=', 'leases.root_id')
        .onRef('lease_uses.id', '=', 'leases.id'),
    )
    .selectAll('leases')
    .select('lease_uses.uses_spent')
}

/** Its labels as one line; null without any. */
export function labelColumn({ labels }: Pick<Lease, 'labels'>): string | null {
  const line = labelLine(labels)
  return line === '' ? null : line
}

/** The labels of such a column. */
export function labelsOfRow({ labels }: Pick<LeasesTable, 'labels'>): Labels {
  return labels === null ? NO_LABELS : labelsOf(labels)
}

/** The lease as the domain knows it. */
export function leaseOf(row: LeaseRow): Lease {
  return {
    id: row.id as LeaseId,
    tenant: row.tenant as TenantId,
    parentId: row.parent_id as LeaseId | null,
    lineage: lineageOf(row.path),
    holders: JSON.parse(row.holders) as AgentUri[],
    subject: row.subject as PrincipalId,
    ...(row.owner === null ? {} : { owner: row.owner as PrincipalId }),
    labels: labelsOfRow(row),
    scope: JSON.parse(row.scope) as Scope,
    contractVersion: row.contract_version,
    attestation: JSON.parse(row.attestation) as AttestationResult,
    openedAt: row.opened_at as EpochSeconds,
    expiresAt: row.expires_at as EpochSeconds,
    renewals: row.renewals,
    grantedSeconds: row.granted_seconds,
    releasedAt: row.released_at as EpochSeconds | null,
    ...(row.status_index === null ? {} : { statusIndex: row.status_index }),
    ...(row.policies === null ? {} : { policies: row.policies.split(' ') }),
    usesSpent: row.uses_spent ?? 0,
  }
}

/** The row of a new lease; its counter is born with its first use. */
export function rowOf(lease: Lease): Insertable<LeasesTable> {
  const { max_uses: maxUses, rate } = lease.scope.limits
  return {
    root_id: rootOf(lease.lineage),
    id: lease.id,
    tenant: lease.tenant,
    parent_id: lease.parentId,
    depth: depthOf(lease),
    path: pathOf(lease.lineage),
    holder: holderOf(lease),
    subject: lease.subject,
    owner: lease.owner ?? null,
    labels: labelColumn(lease),
    contract_version: lease.contractVersion,
    opened_at: lease.openedAt,
    expires_at: lease.expiresAt,
    released_at: lease.releasedAt,
    renewals: lease.renewals,
    granted_seconds: lease.grantedSeconds,
    max_uses: maxUses === 'unlimited' ? null : maxUses,
    budgets: lease.scope.limits.budgets.length,
    rate_requests: rate === 'unlimited' ? null : rate.requests,
    rate_seconds: rate === 'unlimited' ? null : rate.per_seconds,
    status_index: lease.statusIndex ?? null,
    policies: lease.policies?.join(' ') ?? null,
    holders: JSON.stringify(lease.holders),
    attestation: JSON.stringify(lease.attestation),
    scope: JSON.stringify(lease.scope),
  }
}
