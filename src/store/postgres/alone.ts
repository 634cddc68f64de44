import { openPool } from './pool.ts'

const COUNT = `select count(*)::int as others from pg_stat_activity
  where datname = current_database() and application_name = $1 and pid <> pg_backend_pid()`

/**
 * Whether the server knows of no other connection of Writ to this database. A process that lost
 * its connections for the moment, or one behind a pooler that tells no names, is not seen: so this
 * is for people, and what must hold is held by the row that says under which key rows are.
 */
export async function isPostgresAlone(databaseUrl: string): Promise<boolean> {
  const pool = openPool(databaseUrl, 1, () => undefined)
  try {
    const { rows } = await pool.query<{ others: number }>(COUNT, ['writ'])
    return rows[0]?.others === 0
  } finally {
    await pool.end()
  }
}
