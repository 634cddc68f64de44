import { type Kysely, sql } from 'kysely'
import type { AuditPosition } from '../domain/audit.ts'
import { DEFAULT_TENANT } from '../domain/ids.ts'
import { WATCH_DUTY_SECONDS } from '../domain/limits.ts'
import type { EpochSeconds } from '../domain/time.ts'
import type { Watch } from './ports/watch.ts'
import type { AuditRow } from './ports.ts'
import type { Schema } from './schema.ts'

/** The one duty there is. */
const DUTY = 'watch'

/** Runs housekeeping in a transaction of its own. */
type Chore = <T>(work: (db: Kysely<Schema>, now: EpochSeconds) => Promise<T>) => Promise<T>
type Read = <T>(work: (db: Kysely<Schema>, now: EpochSeconds) => Promise<T>) => Promise<T>

/** The watch over reads and housekeeping of a store, whatever database it is in. */
export function watchOver(read: Read, chore: Chore): Watch {
  return {
    async take(holder) {
      const standing = await read((db, now) => standingOf(db, holder, now))
      return standing ?? chore((db, now) => takeDuty(db, holder, now))
    },
    advance: (holder, positions) => chore((db, now) => advanceWatch(db, holder, positions, now)),
    leave: (holder) => chore((db) => leaveDuty(db, holder)),
  }
}

/** Whether the duty is the holder's, without writing; undefined when it has to be asked for. */
async function standingOf(
  db: Kysely<Schema>,
  holder: string,
  now: EpochSeconds,
): Promise<boolean | undefined> {
  const duty = await db.selectFrom('duties').selectAll().where('name', '=', DUTY).executeTakeFirst()
  if (duty === undefined || duty.until <= now) return undefined
  if (duty.holder !== holder) return false
  return duty.until - now > WATCH_DUTY_SECONDS / 2 ? true : undefined
}

async function takeDuty(db: Kysely<Schema>, holder: string, now: EpochSeconds): Promise<boolean> {
  const until = now + WATCH_DUTY_SECONDS
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('duties')
    .values({ tenant: DEFAULT_TENANT, name: DUTY, holder, until })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ holder, until })
        .where((or) => or.or([or('duties.holder', '=', holder), or('duties.until', '<=', now)])),
    )
    .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows !== 1n) return false
  await beginAtHeads(db)
  return true
}

async function beginAtHeads(db: Kysely<Schema>): Promise<void> {
  const begun = await db.selectFrom('watch_cursors').select('chain').limit(1).executeTakeFirst()
  if (begun !== undefined) return
  await sql`
    insert into watch_cursors (chain, tenant, sequence)
    select audit_chains.chain, audit_chains.tenant, coalesce((
      select max(audit_records.sequence) from audit_records
      where audit_records.chain = audit_chains.chain), 0)
    from audit_chains`.execute(db)
}

/** Forward only; false when the duty is not the holder's. */
export async function advanceWatch(
  db: Kysely<Schema>,
  holder: string,
  read: readonly AuditPosition[],
  now: EpochSeconds,
): Promise<boolean> {
  const duty = await db
    .selectFrom('duties')
    .select('until')
    .where('name', '=', DUTY)
    .where('holder', '=', holder)
    .where('until', '>', now)
    .executeTakeFirst()
  if (duty === undefined) return false
  for (const { chain, sequence } of read) {
    await db
      .insertInto('watch_cursors')
      .values({ chain, tenant: DEFAULT_TENANT, sequence })
      .onConflict((conflict) =>
        conflict
          .column('chain')
          .doUpdateSet({ sequence })
          .where(sql.ref('watch_cursors.sequence'), '<', sequence),
      )
      .execute()
  }
  return true
}

async function leaveDuty(db: Kysely<Schema>, holder: string): Promise<void> {
  await db.deleteFrom('duties').where('name', '=', DUTY).where('holder', '=', holder).execute()
}

/** Records of all chains that were not read yet, each chain in its order. */
export async function readUnwatched(
  db: Kysely<Schema>,
  limit: number,
): Promise<readonly AuditRow[]> {
  const { rows } = await sql<{
    chain: string
    sequence: number
    previous_hash: string
    hash: string
    body: string
  }>`
    select audit_records.chain, audit_records.sequence, audit_records.previous_hash,
      audit_records.hash, audit_records.body
    from audit_chains
    left join watch_cursors on watch_cursors.chain = audit_chains.chain
    join audit_records on audit_records.chain = audit_chains.chain
      and audit_records.sequence > coalesce(watch_cursors.sequence, 0)
    order by audit_records.chain, audit_records.sequence limit ${limit}`.execute(db)
  return rows.map((row) => ({
    chain: row.chain,
    sequence: Number(row.sequence),
    previousHash: row.previous_hash,
    hash: row.hash,
    body: row.body,
  }))
}
