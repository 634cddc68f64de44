import type { Clock } from '../domain/time.ts'
import type { CheckpointPlace } from './audit/checkpoints.ts'
import type { Store } from './ports.ts'

/** Hears of each commit: how long it took and how many records shared it. */
export type ObserveCommit = (group: { readonly seconds: number; readonly records: number }) => void

/** How a store is opened, whatever database it is in. */
export interface OpenOptions {
  /**
   * Signs checkpoints and notices a rollback. A process without it serves all the same; another
   * process's checkpoints cover its chains.
   */
  readonly checkpoints?: CheckpointPlace
  /** Names an audit chain of this process; 128 random bits when it is left out. */
  readonly newChain?: () => string
  /** Whether the whole audit trail is verified before serving; true when it is left out. */
  readonly verifyAtStart?: boolean
  /** How much of a budget is used when its owner is told; BUDGET_WARNING_PERCENT when left out. */
  readonly budgetWarningPercent?: number
  /** Hears of faults nobody waits for: a checkpoint, a listener, a poll. */
  readonly failed?: (fault: unknown) => void
  /** Hears of each commit, for the metrics. */
  readonly observe?: ObserveCommit
  /** Called right before each commit; a throw makes the commit fail. For tests of faults. */
  readonly beforeCommit?: () => void
}

/** The embedded store: one SQLite file. */
export interface SqliteStoreOptions extends OpenOptions {
  /** The database file; its folder and the file are private to this user. */
  readonly path: string
  readonly clock: Clock
}

/** A store that processes on many machines share. */
export interface PostgresStoreOptions extends OpenOptions {
  /** `postgres://…`, with everything the connection needs. */
  readonly databaseUrl: string
  /** For tests; the database's own clock is the one clock when it is left out. */
  readonly clock?: Clock
  /** Transactions this process runs at a time, STORE_LANES when it is left out. */
  readonly lanes?: number
  /** Whether a schema that is not the newest is brought there; else it is refused. */
  readonly migrate?: boolean
}

/** How a store is opened; what is in it decides where. */
export type StoreOptions = SqliteStoreOptions | PostgresStoreOptions

/** A store between being opened and serving. */
export interface OpenableStore extends Store {
  /** Throws a StoreFault `rolled_back` or `audit_broken` when this store may not serve. */
  requireWhole(verify: boolean): Promise<void>
  /** Starts what runs by itself: checkpoints, and telling of revocations. */
  begin(): Promise<void>
  /** Closes without a checkpoint: what was opened here may not be what was left here. */
  abandon(): Promise<void>
}
