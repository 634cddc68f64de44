import { StoreFault } from './fault.ts'
import { type SchemaState, stateOfMigrations } from './migrate.ts'

/**
 * Whether the tables of a database are those of this version. Only reads. Throws a StoreFault:
 * `status_unknown` when the database does not answer, `unusable` when it can not be used at all.
 */
export async function schemaOf(
  place: { readonly path: string } | { readonly databaseUrl: string },
): Promise<SchemaState> {
  if ('path' in place) {
    const { sqliteMigrations } = await import('./sqlite/migrations-seen.ts')
    return stateOfMigrations(await sqliteMigrations(place.path))
  }
  const { openPool } = await import('./postgres/pool.ts')
  const { migrationsSeen } = await import('./postgres/migrate.ts')
  const pool = openPool(place.databaseUrl, 1, () => undefined)
  try {
    return stateOfMigrations(await migrationsSeen(pool))
  } catch (fault) {
    throw new StoreFault('status_unknown', `The database does not answer${codeOf(fault)}.`, fault)
  } finally {
    await pool.end()
  }
}

/** The code alone: a message of the driver may name the user and the host. */
function codeOf(fault: unknown): string {
  const code = (fault as { readonly code?: unknown } | null)?.code
  return typeof code === 'string' ? ` (${code})` : ''
}
