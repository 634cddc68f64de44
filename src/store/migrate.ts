import { type Dialect, Kysely, type Migration, Migrator } from 'kysely'
import { up as core } from '../../migrations/0001-core.ts'
import { up as ledger } from '../../migrations/0001-ledger.ts'
import { StoreFault } from './fault.ts'

/** Migrations by name, in order. */
export type Migrations = Readonly<Record<string, Migration>>

/**
 * Append only, in order: a released migration is never changed. Each only adds (tables, columns
 * that may be left out, indexes), so that processes of the version before go on serving while it
 * runs and after it: see docs/operating/upgrades.md.
 */
export const MIGRATIONS: Migrations = {
  '0001-core': { up: core },
}

/** Those of the ledger of a detached enforcement point, which has a database of its own. */
export const LEDGER_MIGRATIONS: Migrations = {
  '0001-ledger': { up: ledger },
}

/** The migrations of the store, in order. */
export const MIGRATION_NAMES: readonly string[] = Object.keys(MIGRATIONS)

/** How the tables of a database stand to this version; `none`: it has none of ours. */
export type SchemaState = 'none' | 'current' | 'behind' | 'newer'

/** What a database with these migrations is to this version. */
export function stateOfMigrations(seen: readonly string[]): SchemaState {
  if (seen.some((name) => !MIGRATION_NAMES.includes(name))) return 'newer'
  if (seen.length === MIGRATION_NAMES.length) return 'current'
  return seen.length === 0 ? 'none' : 'behind'
}

/** What a process says that finds tables it does not know: what to run, and the way back. */
export const MADE_BY_ANOTHER =
  'The store was made by another version of Writ; use that one, or a newer one. To go back, ' +
  'put back the backup from before the upgrade: "writ restore", or pg_restore and then ' +
  '"writ restore --mark".'

/** Which migrations, and where the database keeps what it has seen of them. */
interface MigrationPlan {
  readonly migrations?: Migrations
  readonly migrationTableName?: string
  readonly migrationLockTableName?: string
}

/**
 * Brings the database to the newest schema, in one transaction, whichever process comes first.
 * Throws a StoreFault `unusable` when the database was made by a newer Writ or can not be changed.
 */
export async function migrate(dialect: Dialect, plan: MigrationPlan = {}): Promise<void> {
  const { migrations = MIGRATIONS, ...tables } = plan
  const migrator = new Migrator({
    db: new Kysely<unknown>({ dialect }),
    provider: { getMigrations: async () => ({ ...migrations }) },
    ...tables,
  })
  const { error } = await migrator.migrateToLatest()
  if (error === undefined) return
  const newer = error instanceof Error && error.message.startsWith('corrupted migrations')
  const sentence = newer ? MADE_BY_ANOTHER : 'The store could not be brought to the newest schema.'
  throw new StoreFault('unusable', sentence, error)
}
