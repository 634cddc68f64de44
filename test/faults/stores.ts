import { administer, startCluster, stopCluster, urlOf } from '../support/postgres-cluster.ts'
import type { MoreFaults } from './nemesis.ts'
import { between, pick } from './random.ts'
import { type ReplicatedPostgres, startReplicatedPostgres } from './replicated-postgres.ts'

/** The stores a deployment can stand on. */
export type StoreKind = 'sqlite' | 'postgres'

/** Where the processes of a test keep their facts. */
export interface StorePlace {
  /** Undefined: SQLite in the data folder. */
  readonly databaseUrl?: string
  /** What can be broken beside processes. */
  readonly faults: MoreFaults
  end(): Promise<void>
}

const DATABASE = 'writ'
/** How long a cut waits for somebody to commit. */
const CUT_PATIENCE_MS = 5_000
const BLACK_MS = { from: 100, to: 2_500 }
const DEAF_MS = { from: 500, to: 4_000 }

/** A store that nobody breaks: SQLite, or one PostgreSQL server. */
export async function steadyStore(kind: StoreKind): Promise<StorePlace> {
  if (kind === 'sqlite') return { faults: {}, end: async () => {} }
  const cluster = await startCluster()
  await administer(cluster, `create database ${DATABASE}`)
  return {
    databaseUrl: urlOf(cluster, DATABASE),
    faults: {},
    end: () => stopCluster(cluster.folder),
  }
}

/** A store to be broken: SQLite, or PostgreSQL with a synchronous standby behind a proxy. */
export async function breakableStore(kind: StoreKind, random: () => number): Promise<StorePlace> {
  if (kind === 'sqlite') return steadyStore(kind)
  const postgres = await startReplicatedPostgres()
  return {
    databaseUrl: postgres.databaseUrl,
    faults: {
      cuts: () => cut(postgres, random),
      failovers: () => {
        const isDeaf = random() < 0.5
        return postgres.failOver(isDeaf ? between(random, DEAF_MS.from, DEAF_MS.to) : 0)
      },
    },
    end: () => postgres.end(),
  }
}

/** One of three: the commit is lost, its answer is lost, or nothing passes for a while. */
async function cut({ proxy }: ReplicatedPostgres, random: () => number): Promise<void> {
  const kind = pick(random, ['before_commit', 'after_commit', 'black'] as const)
  if (kind === 'black' || kind === undefined) {
    await proxy.blackhole(between(random, BLACK_MS.from, BLACK_MS.to))
  } else {
    await proxy.cut(kind, CUT_PATIENCE_MS)
  }
}
