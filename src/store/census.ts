import { type Kysely, sql } from 'kysely'
import type { EpochSeconds } from '../domain/time.ts'
import { ALL_SUBJECTS, livesBySelf } from './leases/lease-counts.ts'
import { pathEnd } from './leases/lease-rows.ts'
import type { LeasePlace, LeasesCounted, Waiting } from './ports/census.ts'
import type { Schema } from './schema.ts'

/** Rows walked in one read: some milliseconds of the event loop. */
const WALK_ROWS = 2_000

/** Where every walk begins: before the first tree. */
const START: LeasePlace = { root: '', path: '' }

/** Who waits for a person, by the indexes of ends: what is over is not looked at. */
export async function countWaiting(db: Kysely<Schema>, now: EpochSeconds): Promise<Waiting> {
  const approvals = await db
    .selectFrom('approvals')
    .select((row) => row.fn.countAll().as('waiting'))
    .where('expires_at', '>', now)
    .where('approved_at', 'is', null)
    .where('denied_at', 'is', null)
    .executeTakeFirstOrThrow()
  const registrations = await db
    .selectFrom('registrations')
    .select((row) => row.fn.countAll().as('waiting'))
    .where('expires_at', '>', now)
    .where('step', '=', 'pending')
    .executeTakeFirstOrThrow()
  return { approvals: Number(approvals.waiting), registrations: Number(registrations.waiting) }
}

/**
 * A stretch of all trees in the order of their paths, in which a dead lease comes right before
 * everything that is dead through it (I6). What is left of a dead subtree at the end is skipped.
 */
export async function countLive(
  db: Kysely<Schema>,
  now: EpochSeconds,
  after: LeasePlace = START,
): Promise<LeasesCounted> {
  const rows = await stretch(db, now, after)
  let live = 0
  let dead: LeasePlace | undefined
  for (const { root_id: root, path, lives } of rows) {
    if (dead?.root === root && path.startsWith(dead.path)) continue
    dead = lives ? undefined : { root, path }
    if (lives) live += 1
  }
  const last = rows.at(-1)
  if (last === undefined || rows.length < WALK_ROWS) return { live }
  const next = dead && { root: dead.root, path: pathEnd(dead.path) }
  return { live, next: next ?? { root: last.root_id, path: last.path } }
}

/** Each with whether something about it, apart from its ancestors, has ended or suspended it. */
function stretch(db: Kysely<Schema>, now: EpochSeconds, after: LeasePlace) {
  const lives = livesBySelf(now, ['revoked', 'suspended'], ALL_SUBJECTS)
  return db
    .selectFrom('leases')
    .leftJoin('lease_uses', (join) =>
      join
        .onRef('lease_uses.root_id', '=', 'leases.root_id')
        .onRef('lease_uses.id', '=', 'leases.id'),
    )
    .select(['leases.root_id', 'leases.path', lives.as('lives')])
    .where(sql<boolean>`(leases.root_id, leases.path) > (${after.root}, ${after.path})`)
    .orderBy('leases.root_id')
    .orderBy('leases.path')
    .limit(WALK_ROWS)
    .execute()
}
