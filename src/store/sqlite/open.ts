import { BUDGET_WARNING_PERCENT } from '../../domain/limits.ts'
import { migrate } from '../migrate.ts'
import type { SqliteStoreOptions } from '../openable.ts'
import { openConnection } from './connect.ts'
import { ImmediateSqliteDialect } from './dialect.ts'
import { loadDriver } from './driver.ts'
import { SqliteStore } from './store.ts'

/** Opens the file and brings it to the newest schema. */
export async function openSqlite(
  options: SqliteStoreOptions & Required<Pick<SqliteStoreOptions, 'newChain' | 'failed'>>,
): Promise<SqliteStore> {
  const Driver = await loadDriver()
  const writer = await openConnection(Driver, options.path, 'writer')
  try {
    await migrate(new ImmediateSqliteDialect(writer.raw))
    return new SqliteStore({
      writer,
      watcher: await openConnection(Driver, options.path, 'reader'),
      openReader: () => openConnection(Driver, options.path, 'reader'),
      clock: options.clock,
      chain: options.newChain(),
      warningPercent: options.budgetWarningPercent ?? BUDGET_WARNING_PERCENT,
      checkpoints: options.checkpoints,
      failed: options.failed,
      beforeCommit: options.beforeCommit,
      observe: options.observe,
    })
  } catch (fault) {
    writer.close()
    throw fault
  }
}
