import { randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { openStore } from '../../src/store/open.ts'
import type { PostgresStoreOptions } from '../../src/store/openable.ts'
import type { Store } from '../../src/store/ports.ts'
import { administer, CLUSTER_FILE, type Cluster, startCluster, urlOf } from './postgres-cluster.ts'
import { afterTest } from './store.ts'
import { testCheckpointer } from './store-checkpointer.ts'
import { type TestClock, testClock } from './store-facts.ts'

/** A database that has every table and no rows; the others are copies of it. */
const TEMPLATE = 'writ_template'
const START_MS = 60_000

/** Where one test keeps its database and its keys. */
export interface PostgresPlace {
  readonly keysDir: string
  readonly clock: TestClock
  /** The address of the database, which is made when it is first asked for. */
  databaseUrl(): Promise<string>
  /** Opens a store here; every opened store is closed after the test. */
  open(change?: Partial<PostgresStoreOptions>): Promise<Store>
}

/** The server that all files of this test run share; the first that asks starts it. */
export async function sharedCluster(): Promise<Cluster> {
  const told = join(tmpdir(), CLUSTER_FILE)
  const folder = dirname(told)
  if (isFirst(folder)) {
    // No test on it takes the power away; those that do start a server of their own.
    const settings = ['fsync=off', 'full_page_writes=off']
    const cluster = await startCluster({ under: folder, owner: process.ppid, settings })
    await administer(cluster, `create database ${TEMPLATE}`)
    const databaseUrl = urlOf(cluster, TEMPLATE)
    await (await openStore({ databaseUrl, clock: testClock(), migrate: true })).close()
    writeFileSync(`${told}.new`, JSON.stringify(cluster))
    renameSync(`${told}.new`, told)
  }
  for (const end = Date.now() + START_MS; !existsSync(told); ) {
    if (Date.now() > end) throw new Error('The shared PostgreSQL did not start.')
    await delay(50)
  }
  return JSON.parse(readFileSync(told, 'utf8')) as Cluster
}

/** A fresh database, dropped after the test. */
export async function freshDatabase(): Promise<string> {
  const cluster = await sharedCluster()
  const name = `t_${randomBytes(8).toString('hex')}`
  await administer(cluster, `create database ${name} template ${TEMPLATE}`)
  afterTest(() => administer(cluster, `drop database ${name} with (force)`))
  return urlOf(cluster, name)
}

/** A fresh database and keys folder, removed after the test. */
export function postgresPlace(): PostgresPlace {
  const keysDir = join(mkdtempSync(join(tmpdir(), 'writ-store-')), 'keys')
  const clock = testClock()
  let made: Promise<string> | undefined
  const databaseUrl = () => {
    made ??= freshDatabase()
    return made
  }
  return {
    keysDir,
    clock,
    databaseUrl,
    async open(change = {}) {
      const checkpoints = { checkpointer: testCheckpointer(), keysDir }
      const url = await databaseUrl()
      const store = await openStore({ databaseUrl: url, clock, checkpoints, ...change })
      afterTest(() => store.close())
      return store
    },
  }
}

function isFirst(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o711 })
    return true
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EEXIST') return false
    throw error
  }
}
