import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { CompiledQuery, type Kysely, PostgresAdapter, PostgresDialect } from 'kysely'
import { StoreFault } from '../fault.ts'
import {
  MADE_BY_ANOTHER,
  MIGRATIONS,
  type Migrations,
  migrate,
  stateOfMigrations,
} from '../migrate.ts'
import type { ConnectionPool } from './pool.ts'
import {
  isDuplicate,
  isDuplicateTable,
  isPassing,
  isUndefinedTable,
  sqlStateOf,
} from './sql-state.ts'

/** Named after us, since a database may hold the tables of others that use the same builder. */
const TABLES = {
  migrationTableName: 'writ_migrations',
  migrationLockTableName: 'writ_migration_lock',
} as const
/**
 * Two processes that make the same tables at once collide in the catalog, and who serves holds the
 * tables that a change waits for; a minute of trying again outlasts both.
 */
const ATTEMPTS = 120
/**
 * Who waits for a table lets nobody else have it, and keeps those it has: a change of many tables
 * is over, or lets go, well before callers are refused for waiting.
 */
const LOCK_MS = 100
/** Between attempts the decisions that waited are made: several times as long as LOCK_MS. */
const ATTEMPT_PAUSE_MS = 500
/** A migration that takes longer has lost its process, or is still safe in its transaction. */
const LEASE_SECONDS = 60
const LEASE_PAUSE_MS = 100

const MAKE_LEASE = `create table if not exists writ_migration_lease
  (id text primary key, owner text not null, expires_at bigint not null)`
const TAKE_LEASE = `insert into writ_migration_lease (id, owner, expires_at)
  select 'migration', $1, floor(extract(epoch from clock_timestamp()))::bigint + $2::bigint
  on conflict (id) do update set owner = excluded.owner, expires_at = excluded.expires_at
  where writ_migration_lease.expires_at + $2::bigint <= excluded.expires_at
  returning owner`
const RETURN_LEASE = `delete from writ_migration_lease where owner = $1`

/**
 * The builder's adapter with another lock for migrations. Its own is held by the session, which a
 * pooler in transaction mode takes apart and some engines do not have. This one is a row with an
 * owner and an end, by the database's clock. It only keeps two processes from trying at once: what
 * makes a migration whole is its transaction.
 */
class LeaseAdapter extends PostgresAdapter {
  readonly #owner = randomUUID()
  #taken = false

  override async acquireMigrationLock(db: Kysely<unknown>): Promise<void> {
    await db.executeQuery(CompiledQuery.raw(MAKE_LEASE))
    const take = CompiledQuery.raw(TAKE_LEASE, [this.#owner, LEASE_SECONDS])
    while ((await db.executeQuery(take)).rows.length === 0) await delay(LEASE_PAUSE_MS)
    this.#taken = true
  }

  /** The builder also returns what it could not take: its own fault then is the one to tell. */
  override async releaseMigrationLock(db: Kysely<unknown>): Promise<void> {
    if (this.#taken) await db.executeQuery(CompiledQuery.raw(RETURN_LEASE, [this.#owner]))
  }
}

class LeaseDialect extends PostgresDialect {
  readonly #adapter = new LeaseAdapter()

  override createAdapter(): PostgresAdapter {
    return this.#adapter
  }
}

/**
 * Brings the database to the newest schema; of two processes at once one waits for the other.
 * Processes that serve are not held up: a change that does not get its table within LOCK_MS lets go
 * and is tried again as a whole. Where no server answers at all there is nobody to wait for: that
 * is told at once, as the driver tells it.
 */
export async function migratePostgres(
  pool: ConnectionPool,
  migrations: Migrations = MIGRATIONS,
): Promise<void> {
  await requireServer(pool)
  const patient = withPatience(migrations)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await migrate(new LeaseDialect({ pool }), { ...TABLES, migrations: patient })
    } catch (fault) {
      const { cause } = fault as { cause?: unknown }
      const collided = isPassing(cause) || isDuplicate(cause) || isDuplicateTable(cause)
      if (attempt === ATTEMPTS || !collided) throw fault
      await delay(ATTEMPT_PAUSE_MS * (0.5 + Math.random() / 2))
    }
  }
}

/** A server that answers with a refusal is one; whether that passes is for the migration to see. */
async function requireServer(pool: ConnectionPool): Promise<void> {
  try {
    await pool.query('select 1')
  } catch (error) {
    if (sqlStateOf(error) === undefined) throw error
  }
}

/**
 * The same migrations, none of which waits for a table longer than LOCK_MS. Said inside of their
 * transaction: the builder takes its lock before that begins, and a pooler forgets sessions.
 */
function withPatience(migrations: Migrations): Migrations {
  const patience = CompiledQuery.raw(`set local lock_timeout = ${LOCK_MS}`)
  return Object.fromEntries(
    Object.entries(migrations).map(([name, migration]) => [
      name,
      {
        ...migration,
        up: async (db: Kysely<unknown>) => {
          await db.executeQuery(patience)
          await migration.up(db)
        },
      },
    ]),
  )
}

/** Throws a StoreFault `unusable` that says what to do when the schema is not this version's. */
export async function requireCurrent(pool: ConnectionPool): Promise<void> {
  const state = stateOfMigrations(await migrationsSeen(pool))
  if (state === 'current') return
  if (state === 'newer') {
    throw new StoreFault('unusable', MADE_BY_ANOTHER)
  }
  const sentence =
    state === 'none'
      ? 'The database has no tables of Writ yet'
      : 'The tables in the database are of an older Writ'
  throw new StoreFault('unusable', `${sentence}; run "writ migrate", or start with --migrate.`)
}

/** The migrations a database has seen; none when it has no tables of ours. */
export async function migrationsSeen(pool: ConnectionPool): Promise<readonly string[]> {
  try {
    const text = `select name from ${TABLES.migrationTableName}`
    const { rows } = await pool.query<{ name: string }>(text)
    return rows.map(({ name }) => name)
  } catch (error) {
    if (isUndefinedTable(error)) return []
    throw error
  }
}
