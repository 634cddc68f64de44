import type { TenantId } from './ids.ts'
import type { RevocationChange } from './revocation.ts'
import type { EpochSeconds } from './time.ts'

/** A change as the feed tells it: without the words of whoever asked for it. */
export type FeedChange = Pick<RevocationChange, 'seq' | 'subject' | 'effect' | 'at'>

interface Frame {
  readonly issuer: string
  /** The one tenant it speaks of. */
  readonly tenant: TenantId
  /**
   * A moment before the read it was made from began: whatever was acknowledged before it is in this
   * frame or in one before.
   */
  readonly at: EpochSeconds
  /** The newest number of the revocation log at that read. */
  readonly head: number
  readonly changes: readonly FeedChange[]
}

/**
 * What changed between two heads, in the order of its numbers; those of other tenants are missing.
 * Without any change it is a heartbeat: nothing happened until `at`.
 */
export interface ChangesFrame extends Frame {
  readonly kind: 'changes'
  /** The head it follows on. */
  readonly after: number
}

/** One part of all that matters at a head; only whole snapshots count. */
export interface SnapshotFrame extends Frame {
  readonly kind: 'snapshot'
  /** From 1 to `parts`, all with the same head and moment. */
  readonly part: number
  readonly parts: number
}

/** One signed statement of the revocation feed. */
export type FeedFrame = ChangesFrame | SnapshotFrame
