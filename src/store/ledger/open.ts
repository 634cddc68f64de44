import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from '../../domain/time.ts'
import { LEDGER_MIGRATIONS, migrate } from '../migrate.ts'
import type { ObserveCommit } from '../openable.ts'
import { ChainWriter } from '../sqlite/chain-writer.ts'
import { openConnection, type SqliteConnection } from '../sqlite/connect.ts'
import { ImmediateSqliteDialect } from '../sqlite/dialect.ts'
import { loadDriver } from '../sqlite/driver.ts'
import { Readers } from '../sqlite/readers.ts'
import { Writer } from '../sqlite/writer.ts'
import { claimLedger, type LedgerOwner, ledgerFile } from './identity.ts'
import { type OpenLedger, SqliteLedger } from './ledger.ts'
import { placeOf, requireInPlace } from './place.ts'
import { advanceLedgerTime } from './time.ts'

export type { OpenLedger } from './ledger.ts'

/** How a ledger is opened. */
export interface LedgerOptions extends LedgerOwner {
  /** Folder of the ledgers, private to this user; on a local disk, since WAL shares memory. */
  readonly folder: string
  readonly clock: Clock
  /** Name of this process's audit chain; 128 random bits when it is left out. */
  readonly newChain?: () => string
  /** Hears of faults nobody waits for: a tick that failed. */
  readonly failed?: (fault: unknown) => void
  /** Hears of each commit, for the metrics. */
  readonly observe?: ObserveCommit
  /** Called right before each commit; a throw makes the commit fail. For tests of faults. */
  readonly beforeCommit?: () => void
}

/**
 * Opens the ledger of one audience, making it on the first start. Several processes may open the
 * same file: a token is spent once among all of them (I7). A new ledger, and one that was not in
 * use a moment ago, takes only tokens issued from now on. Throws a StoreFault `unusable` (driver,
 * file modes, schema of a newer Writ, a file that belongs to another audience).
 */
export async function openLedger(options: LedgerOptions): Promise<OpenLedger> {
  const path = join(options.folder, ledgerFile(options))
  const Driver = await loadDriver()
  const connection = await openConnection(Driver, path, 'writer')
  try {
    await migrate(new ImmediateSqliteDialect(connection.raw), { migrations: LEDGER_MIGRATIONS })
    const writer = writerOver(connection, options)
    await writer.chore(async (_db, now) => claimLedger(connection, options, now))
    const readers = new Readers(() => openConnection(Driver, path, 'reader'), options.clock)
    return new SqliteLedger({ connection, writer, readers, failed: options.failed ?? warn })
  } catch (fault) {
    connection.close()
    throw fault
  }
}

function writerOver(connection: SqliteConnection, options: LedgerOptions): Writer {
  const { clock, newChain, observe, beforeCommit } = options
  const place = placeOf(connection.raw.name)
  const chain = newChain?.() ?? randomBytes(16).toString('base64url')
  return new Writer({
    connection,
    chain: new ChainWriter(connection, chain),
    clock,
    // A ledger counts no budgets, so nobody is told of them.
    warningPercent: 100,
    advanceTime: (...terms) => {
      requireInPlace(place)
      return advanceLedgerTime(...terms)
    },
    committed: (group) => observe?.(group),
    beforeCommit,
  })
}

function warn(fault: unknown): void {
  process.emitWarning(fault instanceof Error ? fault : String(fault))
}
