import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { LeaseId, TenantId } from '../../domain/ids.ts'
import { rootOf } from '../../domain/lease.ts'
import { stateOf } from '../../domain/liveness.ts'
import { subjectsOf } from '../../domain/revocation.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { readRevocations } from '../revocations/revocations.ts'
import type { Schema } from '../schema.ts'
import { pathEnd, pathOf } from './lease-rows.ts'
import { readLineage } from './leases.ts'

/** Rows walked before the event loop gets its turn: some milliseconds. */
const WALK_ROWS = 2_000

/**
 * How many leases the subtree has, and how many of them are live (I6). Walks the subtree, so it
 * takes its time with its size; it is a preview and no part of revoking.
 */
export async function countSubtree(
  db: Kysely<Schema>,
  top: { readonly tenant: TenantId; readonly id: LeaseId },
  now: EpochSeconds,
): Promise<{ leases: number; live: number }> {
  const view = await readLineage(db, top.tenant, top.id)
  if (view === undefined) return { leases: 0, live: 0 }
  const { lease, ancestors } = view
  const rows = await readRevocations(db, top.tenant, subjectsOf(lease))
  const topLives = stateOf([...ancestors, lease], rows, now) === 'live'
  const path = pathOf(lease.lineage)
  const root = rootOf(lease.lineage)
  if (!topLives) return { leases: await countPaths(db, root, path), live: 0 }
  return walk(db, { root, path, now })
}

/** How many children leases have, living or not. */
export async function countChildren(
  db: Kysely<Schema>,
  tenant: TenantId,
  ids: readonly LeaseId[],
): Promise<ReadonlyMap<LeaseId, number>> {
  if (ids.length === 0) return new Map()
  const parents = await db
    .selectFrom('leases')
    .select(['root_id', 'id'])
    .where('tenant', '=', tenant)
    .where('id', 'in', ids)
    .execute()
  const roots = [...new Set(parents.map(({ root_id: root }) => root))]
  if (roots.length === 0) return new Map()
  const counted = await db
    .selectFrom('leases')
    .select((select) => ['parent_id', select.fn.countAll<number>().as('children')])
    .where('root_id', 'in', roots)
    .where('parent_id', 'in', ids)
    .groupBy('parent_id')
    .execute()
  return new Map(counted.map((row) => [row.parent_id as LeaseId, Number(row.children)]))
}

async function countPaths(db: Kysely<Schema>, root: LeaseId, path: string): Promise<number> {
  const { leases } = await db
    .selectFrom('leases')
    .select((select) => select.fn.countAll<number>().as('leases'))
    .where('root_id', '=', root)
    .where('path', '>=', path)
    .where('path', '<', pathEnd(path))
    .executeTakeFirstOrThrow()
  return Number(leases)
}

/** In the order of paths a dead lease comes right before everything that is dead through it. */
async function walk(
  db: Kysely<Schema>,
  from: { readonly root: LeaseId; readonly path: string; readonly now: EpochSeconds },
): Promise<{ leases: number; live: number }> {
  const counted = { leases: 0, live: 0 }
  let dead: string | undefined
  let after = ''
  for (;;) {
    const rows = await walkRows(db, from, after)
    for (const row of rows) {
      counted.leases += 1
      if (dead !== undefined && row.path.startsWith(dead)) continue
      dead = row.lives ? undefined : row.path
      if (row.lives) counted.live += 1
    }
    const last = rows[rows.length - 1]
    if (last === undefined || rows.length < WALK_ROWS) return counted
    after = last.path
    await nextTurn()
  }
}

async function walkRows(
  db: Kysely<Schema>,
  from: { readonly root: LeaseId; readonly path: string; readonly now: EpochSeconds },
  after: string,
): Promise<readonly { readonly path: string; readonly lives: number }[]> {
  return db
    .selectFrom('leases')
    .leftJoin('lease_uses', (join) =>
      join
        .onRef('lease_uses.root_id', '=', 'leases.root_id')
        .onRef('lease_uses.id', '=', 'leases.id'),
    )
    .select(['leases.path', livesBySelf(from.now, ['revoked', 'suspended']).as('lives')])
    .where('leases.root_id', '=', from.root)
    .where('leases.path', '>=', from.path)
    .where('leases.path', '<', pathEnd(from.path))
    .where('leases.path', '>', after)
    .orderBy('leases.path')
    .limit(WALK_ROWS)
    .execute()
}

/** What is revoked of a lease alone; what its tree has in common is asked once for the tree. */
const OWN_SUBJECTS = sql`'lease:' || leases.id, 'agent:' || leases.holder`
/** The same with what the whole tree has in common, for who walks many trees. */
export const ALL_SUBJECTS = sql`${OWN_SUBJECTS}, 'principal:' || leases.subject,
  'principal:' || coalesce(leases.owner, leases.subject), 'tenant:' || leases.tenant`

/** Whether a label of a tree is out; asked at its root alone, with which all of it is dead. */
function isLabelledOut(effects: readonly ('revoked' | 'suspended')[]) {
  const labels = sql`' ' || leases.labels || ' '`
  const without = sql`replace(${labels}, ' ' || substr(r.subject, 7) || ' ', '')`
  return sql`leases.parent_id is null and leases.labels is not null and exists (select 1
    from revocations as r where r.tenant = leases.tenant
      and r.subject > 'label:' and r.subject < 'label;'
      and r.effect in (${sql.join(effects)}) and ${without} <> ${labels})`
}

/** 1 when nothing about the lease itself, apart from its ancestors, has ended it. */
export function livesBySelf(
  now: EpochSeconds,
  effects: readonly ('revoked' | 'suspended')[],
  subjects = OWN_SUBJECTS,
) {
  return sql<number>`case when leases.released_at is null and leases.expires_at > ${now}
    and (leases.max_uses is null or leases.max_uses > coalesce(lease_uses.uses_spent, 0))
    and not exists (select 1 from revocations where revocations.tenant = leases.tenant
      and revocations.subject in (${subjects})
      and revocations.effect in (${sql.join(effects)}))
    and not (${isLabelledOut(effects)})
    then 1 else 0 end`
}

/**
 * Children of a lease that are live by themselves, counted up to `limit`. A suspended child counts:
 * it may come back.
 */
export async function countLiveChildren(
  db: Kysely<Schema>,
  parent: { readonly tenant: TenantId; readonly id: LeaseId },
  limit: number,
  now: EpochSeconds,
): Promise<number> {
  const children = await db
    .selectFrom('leases as parents')
    .innerJoin('leases', (join) =>
      join
        .onRef('leases.root_id', '=', 'parents.root_id')
        .onRef('leases.parent_id', '=', 'parents.id'),
    )
    .leftJoin('lease_uses', (join) =>
      join
        .onRef('lease_uses.root_id', '=', 'leases.root_id')
        .onRef('lease_uses.id', '=', 'leases.id'),
    )
    .select('leases.id')
    .where('parents.tenant', '=', parent.tenant)
    .where('parents.id', '=', parent.id)
    .where('leases.expires_at', '>', now)
    .where(livesBySelf(now, ['revoked']), '=', 1)
    .limit(limit)
    .execute()
  return children.length
}

/** Leases ever born in the tree; 0 when there is no such tree. */
export async function countTree(
  db: Kysely<Schema>,
  tenant: TenantId,
  root: LeaseId,
): Promise<number> {
  const row = await db
    .selectFrom('trees')
    .select('leases')
    .where('tenant', '=', tenant)
    .where('root_id', '=', root)
    .executeTakeFirst()
  return row?.leases ?? 0
}
