import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import {
  administer,
  type Cluster,
  startCluster,
  stopCluster,
  urlOf,
} from '../support/postgres-cluster.ts'
import { type DatabaseProxy, startDatabaseProxy } from './database-proxy.ts'
import { killServer, startFollower } from './postgres-copy.ts'

const DATABASE = 'writ'
const STANDBY = 'standby'
const READY_MS = 60_000
const SETTINGS = ['wal_level=replica', 'max_wal_senders=8', 'wal_keep_size=512MB']

/** A primary and its synchronous standby, behind one address that moves with the primary. */
export interface ReplicatedPostgres {
  /** What Writ is told; it leads through the proxy. */
  readonly databaseUrl: string
  readonly proxy: DatabaseProxy
  /** Where the servers really are, now. */
  readonly ports: { readonly primary: number; readonly standby: number }
  /**
   * SIGKILL for the primary with all its processes, then the standby takes its place and gets a
   * standby of its own. For `deafMs` before, the standby is cut off and commits wait for it.
   */
  failOver(deafMs: number): Promise<void>
  end(): Promise<void>
}

/** A standby, and the network between it and its primary. */
interface Follower {
  readonly cluster: Cluster
  readonly network: DatabaseProxy
}

/** Starts both, and waits until commits wait for the standby. */
export async function startReplicatedPostgres(): Promise<ReplicatedPostgres> {
  let primary = await startCluster({ settings: SETTINGS })
  await administer(primary, `create database ${DATABASE}`)
  let standby = await follow(primary)
  const proxy = await startDatabaseProxy(primary.port)
  return {
    databaseUrl: urlOf({ ...primary, port: proxy.port }, DATABASE),
    proxy,
    get ports() {
      return { primary: primary.port, standby: standby.cluster.port }
    },
    async failOver(deafMs) {
      const { cluster: next, network } = standby
      if (deafMs > 0) {
        void network.blackhole(deafMs * 2)
        await delay(deafMs)
      }
      killServer(primary)
      network.close()
      proxy.pointAt(next.port)
      await ask(next, 'select pg_promote(true, 60)')
      await makeCommitsWaitFor(next, '')
      await stopCluster(primary.folder)
      primary = next
      standby = await follow(primary)
    },
    async end() {
      proxy.close()
      standby.network.close()
      for (const { folder } of [standby.cluster, primary]) await stopCluster(folder)
    },
  }
}

/** Makes a copy of a running primary, lets it follow, and makes every commit wait for it. */
async function follow(primary: Cluster): Promise<Follower> {
  const network = await startDatabaseProxy(primary.port)
  const { host, user, password } = primary
  const words = { host, port: network.port, user, password, application_name: STANDBY }
  const conninfo = Object.entries(words).map(([name, value]) => `${name}=${value}`)
  const cluster = await startFollower(primary, conninfo.join(' '), SETTINGS)
  await makeCommitsWaitFor(primary, STANDBY)
  const query = "select count(*)::int as n from pg_stat_replication where sync_state = 'sync'"
  for (const end = Date.now() + READY_MS; ; await delay(50)) {
    const [row] = await ask<{ n: number }>(primary, query)
    if (row?.n === 1) return { cluster, network }
    if (Date.now() > end) throw new Error('The standby does not follow.')
  }
}

/** While the name is empty, commits wait for nobody. */
async function makeCommitsWaitFor(primary: Cluster, name: string): Promise<void> {
  await ask(primary, `alter system set synchronous_standby_names = '${name}'`)
  await ask(primary, 'select pg_reload_conf()')
}

async function ask<Row extends object>(cluster: Cluster, query: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: urlOf(cluster, 'postgres') })
  await client.connect()
  try {
    return (await client.query<Row>(query)).rows
  } finally {
    await client.end()
  }
}
