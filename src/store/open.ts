import { randomBytes } from 'node:crypto'
import type { Clock } from '../domain/time.ts'
import type { CheckpointPlace } from './audit/checkpoints.ts'
import { readLastCheckpoint } from './audit/last-checkpoint.ts'
import { findRollback, rollbackSentence } from './audit/rollback.ts'
import { trailOfStore } from './audit/trail-of-store.ts'
import { verifyTrail } from './audit/verify-trail.ts'
import { StoreFault } from './fault.ts'
import { migrate } from './migrate.ts'
import type { Store } from './ports.ts'
import { openConnection } from './sqlite/connect.ts'
import { ImmediateSqliteDialect } from './sqlite/dialect.ts'
import { loadDriver } from './sqlite/driver.ts'
import { Readers } from './sqlite/readers.ts'
import { type ObserveCommit, SqliteStore } from './sqlite/store.ts'

/** How the embedded store is opened. */
export interface SqliteStoreOptions {
  /** The database file; its folder and the file are private to this user. */
  readonly path: string
  readonly clock: Clock
  /**
   * Signs checkpoints and notices a rollback. A process without it serves all the same; another
   * process's checkpoints cover its chain.
   */
  readonly checkpoints?: CheckpointPlace
  /** Name of this process's audit chain; 128 random bits when it is left out. */
  readonly newChain?: () => string
  /** Whether the whole audit trail is verified before serving; true when it is left out. */
  readonly verifyAtStart?: boolean
  /** Hears of faults nobody waits for: a checkpoint, a listener, a poll. */
  readonly failed?: (fault: unknown) => void
  /** Hears of each commit, for the metrics. */
  readonly observe?: ObserveCommit
  /** Called right before each commit; a throw makes the commit fail. For tests of faults. */
  readonly beforeCommit?: () => void
}

/**
 * Opens the embedded store and brings it to the newest schema. Refuses to serve, with a StoreFault:
 * `unusable` (driver, file modes, schema of a newer Writ), `rolled_back` (older than the checkpoint
 * beside the keys, until `acceptRollback`), `audit_broken` (the trail does not hold together).
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const store = await openUnchecked(options)
  try {
    await requireUnbroken(options)
    await store.begin()
    return store
  } catch (fault) {
    await store.abandon()
    throw fault
  }
}

/** Opens without asking whether the store is whole and recent; for accepting a rollback. */
export async function openUnchecked(options: SqliteStoreOptions): Promise<SqliteStore> {
  const Driver = await loadDriver()
  const writer = await openConnection(Driver, options.path, 'writer')
  try {
    await migrate(new ImmediateSqliteDialect(writer.raw))
    return new SqliteStore({
      writer,
      watcher: await openConnection(Driver, options.path, 'reader'),
      openReader: () => openConnection(Driver, options.path, 'reader'),
      clock: options.clock,
      chain: options.newChain?.() ?? randomBytes(16).toString('base64url'),
      checkpoints: options.checkpoints,
      failed: options.failed ?? warn,
      beforeCommit: options.beforeCommit,
      observe: options.observe,
    })
  } catch (fault) {
    writer.close()
    throw fault
  }
}

/** The checkpoint beside the keys is read first: the store can only be newer than it. */
async function requireUnbroken(options: SqliteStoreOptions): Promise<void> {
  const { checkpoints: place, path, clock } = options
  const last = place && (await readLastCheckpoint(place.keysDir))
  const Driver = await loadDriver()
  const readers = new Readers(() => openConnection(Driver, path, 'reader'), clock)
  try {
    await readers.read(async (db) => {
      const finding = place && (await findRollback(db, last, place.checkpointer))
      if (finding !== undefined) throw new StoreFault('rolled_back', rollbackSentence(finding))
      if (options.verifyAtStart === false) return
      const verdict = await verifyTrail(trailOfStore(db, 'newest'), place?.checkpointer, 'newest')
      if (!verdict.whole) {
        const { problem, chain, sequence } = verdict.bad
        const where = `record ${sequence} of chain ${chain}, ${problem}`
        const sentence = `The audit trail is not whole: ${where}.`
        throw new StoreFault('audit_broken', sentence)
      }
    })
  } finally {
    readers.close()
  }
}

function warn(fault: unknown): void {
  process.emitWarning(fault instanceof Error ? fault : String(fault))
}
