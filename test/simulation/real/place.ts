import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { openStore } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/ports.ts'
import { administer, type Cluster, urlOf } from '../../support/postgres-cluster.ts'
import { testCheckpointer } from '../../support/store-checkpointer.ts'
import { type TestClock, testClock } from '../../support/store-facts.ts'

/** An empty store for one run. Opened again it is another start on the same data. */
export interface Place {
  readonly clock: TestClock
  open(): Promise<Store>
  /** Removes it; every store opened here has to be closed. */
  remove(): Promise<void>
}

/** Where runs get their stores. */
export interface Places {
  fresh(): Promise<Place>
  close(): Promise<void>
}

/** A file of its own for each run. */
export function sqlitePlaces(): Places {
  return {
    async fresh() {
      const { clock, folder, checkpoints, remove } = beside()
      const path = join(folder, 'writ.db')
      return { clock, open: () => openStore({ path, clock, checkpoints }), remove }
    },
    close: async () => {},
  }
}

/** One database for all runs, emptied before each. */
export async function postgresPlaces(cluster: Cluster): Promise<Places> {
  const name = `simulation_${randomBytes(8).toString('hex')}`
  await administer(cluster, `create database ${name}`)
  const databaseUrl = urlOf(cluster, name)
  await (await openStore({ databaseUrl, clock: testClock(), migrate: true })).close()
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client.query<{ name: string }>(
    `select tablename as name from pg_tables
     where schemaname = 'public' and tablename not like 'writ_migrations%'`,
  )
  const tables = rows.map((row) => `"${row.name}"`).join(', ')
  return {
    async fresh() {
      await client.query(`truncate table ${tables}`)
      const { clock, checkpoints, remove } = beside()
      return { clock, open: () => openStore({ databaseUrl, clock, checkpoints }), remove }
    },
    async close() {
      await client.end()
      await administer(cluster, `drop database ${name} with (force)`)
    },
  }
}

/** What lies beside a database: a clock, and a folder with the last checkpoint. */
function beside() {
  const folder = mkdtempSync(join(tmpdir(), 'writ-simulation-'))
  return {
    clock: testClock(),
    folder,
    checkpoints: { checkpointer: testCheckpointer(), keysDir: join(folder, 'keys') },
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  }
}
