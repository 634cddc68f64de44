import { BUDGET_WARNING_PERCENT, STORE_LANES } from '../../domain/limits.ts'
import { StoreFault } from '../fault.ts'
import type { PostgresStoreOptions } from '../openable.ts'
import { migratePostgres, requireCurrent } from './migrate.ts'
import { type ConnectionPool, openPool } from './pool.ts'
import { isPassing } from './sql-state.ts'
import { PostgresStore } from './store.ts'
import { TimeKeeper } from './time-keeper.ts'

/** Reads at a time. */
const READERS = 4

/** Connects, and requires or makes the newest schema. */
export async function openPostgres(
  options: PostgresStoreOptions & Required<Pick<PostgresStoreOptions, 'newChain' | 'failed'>>,
): Promise<PostgresStore> {
  const { databaseUrl, failed, lanes = STORE_LANES } = options
  const writers = openPool(databaseUrl, lanes, failed)
  const readers = openPool(databaseUrl, READERS, failed)
  try {
    if (options.migrate === true) await migratePostgres(writers)
    await requireCurrent(writers)
    return new PostgresStore({
      writers,
      readers,
      lanes,
      time: new TimeKeeper(options.clock),
      settings: await settingsOf(writers),
      newChain: options.newChain,
      warningPercent: options.budgetWarningPercent ?? BUDGET_WARNING_PERCENT,
      checkpoints: options.checkpoints,
      failed,
      beforeCommit: options.beforeCommit,
      observe: options.observe,
    })
  } catch (fault) {
    await Promise.allSettled([writers.end(), readers.end()])
    throw isPassing(fault)
      ? new StoreFault('status_unknown', 'The database does not answer.', fault)
      : fault
  }
}

/**
 * A database that was told not to wait for its disk would forget a revocation that was answered;
 * what waits for standbys as well is left as it is.
 */
async function settingsOf(pool: ConnectionPool): Promise<string> {
  const { rows } = await pool.query<{ synchronous_commit: string }>('show synchronous_commit')
  return rows[0]?.synchronous_commit === 'off' ? 'set local synchronous_commit = on;' : ''
}
