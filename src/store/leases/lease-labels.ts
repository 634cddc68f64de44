import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { AgentUri, LeaseId, TenantId } from '../../domain/ids.ts'
import { type LabelText, labelTexts } from '../../domain/labels.ts'
import type { Lease } from '../../domain/lease.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { LabelledCount } from '../ports/leases.ts'
import type { Schema } from '../schema.ts'
import { ALL_SUBJECTS, livesBySelf } from './lease-counts.ts'
import { labelsOfRow, lineageOf } from './lease-rows.ts'

/** Rows walked before the event loop gets its turn: some milliseconds. */
const WALK_ROWS = 2_000

/** One row for each label of a new lease. */
export async function insertLabels(db: Kysely<Schema>, lease: Lease): Promise<void> {
  const texts = labelTexts(lease.labels)
  if (texts.length === 0) return
  const { tenant, openedAt, id } = lease
  const rows = texts.map((label) => ({ tenant, label, opened_at: openedAt, lease: id }))
  await db.insertInto('lease_labels').values(rows).execute()
}

/** Takes away the labels of leases that are about to go, all of one tree. */
export async function sweepLabels(
  db: Kysely<Schema>,
  tree: { readonly tenant: string; readonly root: string; readonly labels: string | null },
  ids: readonly string[],
): Promise<void> {
  if (tree.labels === null) return
  await db
    .deleteFrom('lease_labels')
    .where('tenant', '=', tree.tenant)
    .where('label', 'in', labelTexts(labelsOfRow(tree)))
    .where(
      sql<boolean>`(opened_at, lease) in (select opened_at, id from leases
        where root_id = ${tree.root} and id in (${sql.join(ids)}))`,
    )
    .execute()
}

/**
 * How many leases have a label and how many of them are live (I6), up to `limit`, and who holds
 * them. Takes its time with their number; it is a preview and no part of revoking.
 */
export async function countLabelled(
  db: Kysely<Schema>,
  of: { readonly tenant: TenantId; readonly label: LabelText },
  limit: number,
  now: EpochSeconds,
): Promise<LabelledCount> {
  const seen: { readonly path: string; readonly id: LeaseId }[] = []
  const holders = new Set<AgentUri>()
  const dead = new Set<string>()
  let after = { opened_at: -1, id: '' }
  for (;;) {
    const rows = await labelledRows(db, of, after, now)
    for (const { path, id, holder, lives } of rows.slice(0, limit - seen.length)) {
      seen.push({ path, id: id as LeaseId })
      holders.add(holder as AgentUri)
      if (!lives) dead.add(id)
    }
    const last = rows[rows.length - 1]
    const isWhole = last === undefined || rows.length < WALK_ROWS
    if (isWhole || seen.length >= limit) {
      // All of a tree have its labels: what is above a lease was seen with it, or in this stretch.
      const live = seen.filter(({ path }) => !lineageOf(path).some((id) => dead.has(id)))
      const whole = isWhole && (rows.length === 0 || seen.at(-1)?.id === last?.id)
      return { leases: seen.length, live: live.length, holders: [...holders], whole }
    }
    after = last
    await nextTurn()
  }
}

function labelledRows(
  db: Kysely<Schema>,
  of: { readonly tenant: TenantId; readonly label: LabelText },
  after: { readonly opened_at: number; readonly id: string },
  now: EpochSeconds,
) {
  return db
    .selectFrom('lease_labels')
    .innerJoin('leases', 'leases.id', 'lease_labels.lease')
    .leftJoin('lease_uses', (join) =>
      join
        .onRef('lease_uses.root_id', '=', 'leases.root_id')
        .onRef('lease_uses.id', '=', 'leases.id'),
    )
    .select(['leases.opened_at', 'leases.id', 'leases.path', 'leases.holder'])
    .select(livesBySelf(now, ['revoked', 'suspended'], ALL_SUBJECTS).as('lives'))
    .where('lease_labels.tenant', '=', of.tenant)
    .where('lease_labels.label', '=', of.label)
    .where(
      sql<boolean>`(lease_labels.opened_at, lease_labels.lease)
        > (${after.opened_at}, ${after.id})`,
    )
    .orderBy('lease_labels.opened_at')
    .orderBy('lease_labels.lease')
    .limit(WALK_ROWS)
    .execute()
}
