import { type Kysely, sql } from 'kysely'
import {
  ALERTS_KEPT_SECONDS,
  APPROVAL_KEPT_SECONDS,
  ENROLLMENT_KEPT_SECONDS,
  KEY_OVERLAP_SECONDS,
  REVOCATION_LOG_SECONDS,
  TREE_KEPT_SECONDS,
} from '../domain/limits.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { sweepIssuedTokens, sweepRequestNonces } from './cdp.ts'
import { sweepNonces, sweepProofs } from './enrollment/nonces.ts'
import { sweepLabels } from './leases/lease-labels.ts'
import { sweepLeashes } from './leashes.ts'
import type { Schema } from './schema.ts'
import { sweepSessions } from './sessions.ts'

/** Rows taken away in one transaction: some milliseconds, so that nobody waits for it. */
const SWEEP_ROWS = 2_000

/** One small step of a sweep, in one transaction; answers how many rows went. */
type SweepStep = (db: Kysely<Schema>, now: EpochSeconds) => Promise<number>

/** Runs one step in a transaction of its own. */
type RunStep = (step: SweepStep) => Promise<number>

/** Sweeps until there is nothing left to take away; answers how many rows went. */
export async function sweepAll(run: RunStep): Promise<number> {
  let swept = 0
  for (const step of SWEEP_STEPS) {
    for (;;) {
      const rows = await run(step)
      if (rows === 0) break
      swept += rows
    }
  }
  return swept
}

/**
 * The steps of a sweep. Each is repeated until it finds nothing. `now` is a moment the mark has
 * reached in the same transaction, and the mark never goes back, so what is forgotten here is over
 * for ever: a token is refused by its end before anybody asks whether it was spent, and a lease
 * that is not there is refused as unknown. Audit records are never swept; nor are revocations,
 * except of leases that go with their tree. The log of changes is: what is in force is not read
 * from it, and a reader that it does not reach back to takes a snapshot.
 */
const SWEEP_STEPS: readonly SweepStep[] = [
  sweepSpentTokens,
  sweepAnswers,
  sweepEnrollments,
  sweepRegistrations,
  sweepApprovals,
  (db, now) => sweepNonces(db, now, SWEEP_ROWS),
  (db, now) => sweepProofs(db, now, SWEEP_ROWS),
  (db, now) => sweepRequestNonces(db, now, SWEEP_ROWS),
  (db, now) => sweepIssuedTokens(db, now, SWEEP_ROWS),
  sweepRevocationLog,
  sweepTrees,
  sweepAlerts,
  sweepHandles,
  (db, now) => sweepSessions(db, now, SWEEP_ROWS),
  (db, now) => sweepLeashes(db, now, SWEEP_ROWS),
]

/** Forgets spends of tokens that are over for good. */
export async function sweepSpentTokens(db: Kysely<Schema>, now: EpochSeconds): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from spent_tokens where (expires_at, jti) in (
      select expires_at, jti from spent_tokens where expires_at < ${now - KEY_OVERLAP_SECONDS}
      order by expires_at, jti limit ${SWEEP_ROWS})`.execute(db)
  return Number(numAffectedRows ?? 0n)
}

/**
 * Handles that ended are kept as long as trees are, for people who look back. What revoked one goes
 * with it: a text that nobody knows is refused as unknown.
 */
async function sweepHandles(db: Kysely<Schema>, now: EpochSeconds): Promise<number> {
  const over = await db
    .selectFrom('handles')
    .select(['id', 'digest'])
    .where('expires_at', '<', (now - TREE_KEPT_SECONDS) as EpochSeconds)
    .orderBy('expires_at')
    .limit(SWEEP_ROWS)
    .execute()
  if (over.length === 0) return 0
  const subjects = over.map(({ digest }) => `certificate:${digest}`)
  await db.deleteFrom('revocations').where('subject', 'in', subjects).execute()
  const ids = over.map(({ id }) => id)
  await db.deleteFrom('handles').where('id', 'in', ids).execute()
  return ids.length
}

async function sweepAnswers(db: Kysely<Schema>, now: EpochSeconds): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from answers where (tenant, actor, key) in (
      select tenant, actor, key from answers where expires_at <= ${now}
      limit ${SWEEP_ROWS})`.execute(db)
  return Number(numAffectedRows ?? 0n)
}

async function sweepAlerts(db: Kysely<Schema>, now: EpochSeconds): Promise<number> {
  const { numAffectedRows: deliveries } = await sql`
    delete from deliveries where (webhook, alert) in (
      select d.webhook, d.alert from deliveries as d join alerts as a on a.id = d.alert
      where a.at < ${now - ALERTS_KEPT_SECONDS} limit ${SWEEP_ROWS})`.execute(db)
  if (deliveries !== undefined && deliveries > 0n) return Number(deliveries)
  const { numAffectedRows } = await sql`
    delete from alerts where id in (
      select id from alerts where at < ${now - ALERTS_KEPT_SECONDS} limit ${SWEEP_ROWS})`.execute(
    db,
  )
  return Number(numAffectedRows ?? 0n)
}

/** Invitations that ended long ago; a token that is not there is refused as unknown. */
async function sweepEnrollments(db: Kysely<Schema>, now: EpochSeconds): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from enrollments where id in (
      select id from enrollments where expires_at < ${now - ENROLLMENT_KEPT_SECONDS}
      order by expires_at limit ${SWEEP_ROWS})`.execute(db)
  return Number(numAffectedRows ?? 0n)
}

/** Registrations that ended long ago; the agent that came of one stays, and so do its keys. */
async function sweepRegistrations(db: Kysely<Schema>, now: EpochSeconds): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from registrations where id in (
      select id from registrations where expires_at < ${now - ENROLLMENT_KEPT_SECONDS}
      order by expires_at limit ${SWEEP_ROWS})`.execute(db)
  return Number(numAffectedRows ?? 0n)
}

/** Approvals nobody looks at any more, with their votes; a yes of theirs was over long before. */
async function sweepApprovals(db: Kysely<Schema>, now: EpochSeconds): Promise<number> {
  const over = await db
    .selectFrom('approvals')
    .select(['tenant', 'id'])
    .where('expires_at', '<', (now - APPROVAL_KEPT_SECONDS) as EpochSeconds)
    .orderBy('expires_at')
    .limit(SWEEP_ROWS)
    .execute()
  const ids = over.map((row) => row.id)
  if (ids.length === 0) return 0
  await db.deleteFrom('approval_votes').where('approval', 'in', ids).execute()
  await db.deleteFrom('approvals').where('id', 'in', ids).execute()
  return ids.length
}

/** From the oldest on, up to the first that is young; the newest stays, whatever its age. */
async function sweepRevocationLog(db: Kysely<Schema>, now: EpochSeconds): Promise<number> {
  const oldest = await db
    .selectFrom('revocation_log')
    .select(['seq', 'at'])
    .orderBy('seq')
    .limit(SWEEP_ROWS + 1)
    .execute()
  const young = oldest.findIndex((row) => row.at >= now - REVOCATION_LOG_SECONDS)
  const last = oldest[(young === -1 ? oldest.length - 1 : young) - 1]
  if (last === undefined) return 0
  const { numDeletedRows } = await db
    .deleteFrom('revocation_log')
    .where('seq', '<=', last.seq)
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/**
 * A whole tree, leaves first, some rows at a time. No lease outlives its root (I3), so the root's
 * end is the tree's. The counter of the tree goes last, with the root.
 */
async function sweepTrees(db: Kysely<Schema>, now: EpochSeconds): Promise<number> {
  const root = await db
    .selectFrom('leases')
    .select(['id', 'tenant', 'labels'])
    .where('parent_id', 'is', null)
    .where('expires_at', '<', (now - TREE_KEPT_SECONDS) as EpochSeconds)
    .orderBy('expires_at')
    .limit(1)
    .executeTakeFirst()
  if (root === undefined) return 0
  const settled = await sweepReservations(db, root.id)
  if (settled > 0) return settled
  const leaves = await db
    .selectFrom('leases')
    .select('id')
    .where('root_id', '=', root.id)
    .orderBy('path', 'desc')
    .limit(SWEEP_ROWS)
    .execute()
  const ids = leaves.map((row) => row.id)
  const whole = ids.length < SWEEP_ROWS
  await db
    .deleteFrom('revocations')
    .where('tenant', '=', root.tenant)
    .where(
      'subject',
      'in',
      ids.map((id) => `lease:${id}`),
    )
    .execute()
  await sweepLabels(db, { ...root, root: root.id }, ids)
  await db.deleteFrom('lease_uses').where('root_id', '=', root.id).where('id', 'in', ids).execute()
  await db.deleteFrom('lease_rates').where('root_id', '=', root.id).where('id', 'in', ids).execute()
  await db
    .deleteFrom('lease_budgets')
    .where('root_id', '=', root.id)
    .where('id', 'in', ids)
    .execute()
  await db.deleteFrom('leases').where('root_id', '=', root.id).where('id', 'in', ids).execute()
  if (whole) {
    await db.deleteFrom('dns_pins').where('root_id', '=', root.id).execute()
    await db.deleteFrom('trees').where('root_id', '=', root.id).execute()
  }
  return ids.length
}

/** Open or settled: nothing below the root can be spent any more. */
async function sweepReservations(db: Kysely<Schema>, root: string): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from reservations where root_id = ${root} and (jti, unit) in (
      select jti, unit from reservations where root_id = ${root}
      order by jti, unit limit ${SWEEP_ROWS})`.execute(db)
  return Number(numAffectedRows ?? 0n)
}
