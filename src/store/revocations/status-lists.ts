import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { DEFAULT_TENANT, type LeaseId, type PrincipalId, type TenantId } from '../../domain/ids.ts'
import type { Lease } from '../../domain/lease.ts'
import { STATUS_INDEX_BLOCK, STATUS_LIST_SIZE } from '../../domain/limits.ts'
import { type Revocation, type RevocationSubject, subjectsOf } from '../../domain/revocation.ts'
import { type LeaseEnds, type StandingStatus, statusOf } from '../../domain/status-list.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { StoreFault } from '../fault.ts'
import { labelsOfRow, lineageOf } from '../leases/lease-rows.ts'
import { type Schema, STATUS_INDEX } from '../schema.ts'
import { readRevocations } from './revocations.ts'

/** Places looked at before the event loop gets its turn: some milliseconds. */
const PLACES = 256
/** Names in one statement: below what any supported database takes. */
const NAMES = 200

/** What a list needs to know of a lease. */
interface ListedLease
  extends LeaseEnds,
    Pick<Lease, 'lineage' | 'holders' | 'subject' | 'owner' | 'labels' | 'tenant'> {
  readonly id: LeaseId
  readonly statusIndex: number | null
}

/** Moves the counter by a block; answers the first number of it. */
export async function drawStatusIndexes(db: Kysely<Schema>): Promise<number> {
  const { value } = await db
    .insertInto('meta')
    .values({ tenant: DEFAULT_TENANT, name: STATUS_INDEX, value: STATUS_INDEX_BLOCK })
    .onConflict((conflict) =>
      conflict
        .columns(['tenant', 'name'])
        .doUpdateSet({ value: sql`meta.value + ${STATUS_INDEX_BLOCK}` }),
    )
    .returning('value')
    .executeTakeFirstOrThrow()
  return value - STATUS_INDEX_BLOCK
}

/**
 * What stands at the places of one list, `invalid` left out; undefined for a list of which no
 * number was drawn. At most STATUS_LIST_SIZE leases and what is above them, some at a time, so that
 * others get their turn.
 */
export async function readStatusList(
  db: Kysely<Schema>,
  now: EpochSeconds,
  list: number,
): Promise<ReadonlyMap<number, StandingStatus> | undefined> {
  const first = list * STATUS_LIST_SIZE
  const drawn = await drawnIndexes(db)
  if (first >= drawn) return undefined
  const statuses = new Map<number, StandingStatus>()
  const end = Math.min(first + STATUS_LIST_SIZE, drawn)
  for (let from = first; from < end; from += PLACES) {
    const until = Math.min(from + PLACES, end)
    for (const [index, status] of await readPlaces(db, now, { from, until })) {
      statuses.set(index - first, status)
    }
    await nextTurn()
  }
  return statuses
}

async function readPlaces(
  db: Kysely<Schema>,
  now: EpochSeconds,
  range: { readonly from: number; readonly until: number },
): Promise<readonly (readonly [number, StandingStatus])[]> {
  const listed = await readListed(db, (leases) =>
    leases
      .where('leases.status_index', '>=', range.from)
      .where('leases.status_index', '<', range.until)
      .where('leases.expires_at', '>', now),
  )
  const known = new Map(listed.map((lease) => [lease.id, lease]))
  const above = new Set(listed.flatMap(({ lineage }) => lineage.filter((id) => !known.has(id))))
  for (const ids of chunksOf([...above])) {
    const rows = await readListed(db, (leases) => leases.where('leases.id', 'in', ids))
    for (const lease of rows) known.set(lease.id, lease)
  }
  const effects = await readEffects(db, listed)
  const places: (readonly [number, StandingStatus])[] = []
  for (const lease of listed) {
    const lineage = lease.lineage.map((id) => ofLineage(known, id))
    const standing = effects.get(lease.tenant)
    const found = subjectsOf(lease).map((subject) => standing?.get(subject))
    const status = statusOf(
      lineage,
      found.filter((effect) => effect !== undefined),
      now,
    )
    if (lease.statusIndex !== null && status !== 'invalid') places.push([lease.statusIndex, status])
  }
  return places
}

async function drawnIndexes(db: Kysely<Schema>): Promise<number> {
  const row = await db
    .selectFrom('meta')
    .select('value')
    .where('tenant', '=', DEFAULT_TENANT)
    .where('name', '=', STATUS_INDEX)
    .executeTakeFirst()
  return row?.value ?? 0
}

/** The narrow columns alone: no scope is parsed to tell a status. */
function selectListed(db: Kysely<Schema>) {
  return db
    .selectFrom('leases')
    .leftJoin('lease_uses', (join) =>
      join
        .onRef('lease_uses.root_id', '=', 'leases.root_id')
        .onRef('lease_uses.id', '=', 'leases.id'),
    )
    .select(['leases.id', 'leases.tenant', 'leases.path', 'leases.holders', 'leases.subject'])
    .select(['leases.owner', 'leases.labels'])
    .select(['leases.expires_at', 'leases.released_at', 'leases.max_uses', 'leases.status_index'])
    .select('lease_uses.uses_spent')
}

type ListedQuery = ReturnType<typeof selectListed>

async function readListed(
  db: Kysely<Schema>,
  which: (leases: ListedQuery) => ListedQuery,
): Promise<readonly ListedLease[]> {
  const rows = await which(selectListed(db)).execute()
  return rows.map((row) => ({
    id: row.id as LeaseId,
    tenant: row.tenant as TenantId,
    lineage: lineageOf(row.path),
    holders: JSON.parse(row.holders) as Lease['holders'],
    subject: row.subject as Lease['subject'],
    ...(row.owner === null ? {} : { owner: row.owner as PrincipalId }),
    labels: labelsOfRow(row),
    expiresAt: row.expires_at as EpochSeconds,
    releasedAt: row.released_at as EpochSeconds | null,
    maxUses: row.max_uses,
    usesSpent: row.uses_spent ?? 0,
    statusIndex: row.status_index,
  }))
}

/** What stands against any subject of the leases, by tenant. */
async function readEffects(
  db: Kysely<Schema>,
  leases: readonly ListedLease[],
): Promise<ReadonlyMap<TenantId, ReadonlyMap<RevocationSubject, Revocation['effect']>>> {
  const asked = new Map<TenantId, Set<RevocationSubject>>()
  for (const lease of leases) {
    const subjects = asked.get(lease.tenant) ?? new Set()
    for (const subject of subjectsOf(lease)) subjects.add(subject)
    asked.set(lease.tenant, subjects)
  }
  const effects = new Map<TenantId, Map<RevocationSubject, Revocation['effect']>>()
  for (const [tenant, subjects] of asked) {
    const found = new Map<RevocationSubject, Revocation['effect']>()
    for (const names of chunksOf([...subjects])) {
      for (const row of await readRevocations(db, tenant, names)) found.set(row.subject, row.effect)
    }
    effects.set(tenant, found)
  }
  return effects
}

function ofLineage(known: ReadonlyMap<LeaseId, ListedLease>, id: LeaseId): ListedLease {
  const lease = known.get(id)
  if (lease === undefined) throw new StoreFault('fault', `A lineage without ${id} is not whole.`)
  return lease
}

function chunksOf<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / NAMES) }, (_, at) =>
    all.slice(at * NAMES, (at + 1) * NAMES),
  )
}
