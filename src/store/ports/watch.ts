import type { AuditPosition } from '../../domain/audit.ts'
import type { AuditRow } from '../ports.ts'

/** Reads of whoever watches the trail. */
export interface WatchReads {
  /** Records of all chains that were not read yet, each chain in its order. */
  unwatched(limit: number): Promise<readonly AuditRow[]>
}

/** Writes of whoever watches the trail. */
export interface WatchWrites {
  /**
   * Notes how far chains were read, in the transaction of what was found there; false, and nothing
   * is noted, when the duty is not the holder's any more.
   */
  advanceWatch(holder: string, read: readonly AuditPosition[]): Promise<boolean>
}

/** Who watches. None of it is a decision, so none of it leaves a record. */
export interface Watch {
  /**
   * Takes the duty, or keeps it, for WATCH_DUTY_SECONDS; false while it is another's. The very
   * first begins at the heads of the chains there are.
   */
  take(holder: string): Promise<boolean>
  /** `advanceWatch` where nothing was found. */
  advance(holder: string, read: readonly AuditPosition[]): Promise<boolean>
  /** Leaves the duty to whoever takes it. */
  leave(holder: string): Promise<void>
}
