import pg from 'pg'
import { StoreFault } from '../fault.ts'

const { Pool, types } = pg

/** The type of `bigint`. */
const INT8 = 20
/** Waiting for a connection: short of the deadline of a decision, so that the answer is in time. */
const CONNECT_TIMEOUT_MS = 1_500
/** An idle connection is closed after this long, so that a failover is not found by a caller. */
const IDLE_TIMEOUT_MS = 30_000

/** Connections that are taken for one transaction each. */
export type ConnectionPool = pg.Pool

/** One connection of the pool. */
export type Connection = pg.PoolClient

/** A query that counts as a lost connection when it is not answered in time. */
export interface TimedQuery extends pg.QueryConfig {
  readonly query_timeout: number
}

/**
 * A pool of at most `max` connections. Nothing is kept on a connection between two transactions,
 * so they may be shared by a pooler in transaction mode. Throws a StoreFault `unusable` when the
 * URL can not be read; its text, which holds a password, is in no message (I12).
 */
export function openPool(
  databaseUrl: string,
  max: number,
  failed: (fault: unknown) => void,
): ConnectionPool {
  const pool = new Pool({
    connectionString: readable(databaseUrl),
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    allowExitOnIdle: true,
    application_name: 'writ',
    types: { getTypeParser: parserOf },
  })
  pool.on('error', (fault) => {
    if (!pool.ending) failed(fault)
  })
  // A connection that breaks between two queries of a transaction has nobody else to tell; the
  // next query fails and says so.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

function readable(databaseUrl: string): string {
  if (/^postgres(ql)?:\/\//.test(databaseUrl) && URL.canParse(databaseUrl)) return databaseUrl
  throw new StoreFault('unusable', 'database_url is not a postgres:// URL that can be read.')
}

/** Every bigint of ours is a safe integer; one that is not was not written by us. */
function parserOf(oid: number, format?: 'text' | 'binary'): unknown {
  if (oid === INT8 && format !== 'binary') return safeInteger
  return types.getTypeParser(oid, format as 'text')
}

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) {
    throw new StoreFault('fault', 'The database holds a number larger than this store writes.')
  }
  return value
}
