import type { AuditPosition } from '../../domain/audit.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { Page, PageRequest } from '../ports.ts'

/** One audit record as stored; `body` is the exact text that was hashed. */
export interface AuditRow extends AuditPosition {
  readonly previousHash: string
  readonly hash: string
  readonly body: string
}

/**
 * A chain of audit records: one for each start of a process. `genesis` is the exact text whose
 * SHA-256 the first record carries as its previous hash; it names the heads of other chains.
 */
export interface AuditChain {
  readonly chain: string
  readonly startedAt: EpochSeconds
  readonly genesis: string
}

/**
 * A signed statement of every chain's head. `jws` is compact, typ `writ-checkpoint+jwt`. Numbers
 * rise by one.
 */
export interface Checkpoint {
  readonly number: number
  readonly at: EpochSeconds
  readonly jws: string
}

/** Reads of the audit trail. */
export interface AuditReads {
  auditRows(
    after: { chain?: string; sequence?: number },
    limit: number,
  ): Promise<readonly AuditRow[]>
  /** Records of one chain before a sequence number, or its last ones, the newest first. */
  auditRowsBefore(
    before: { readonly chain: string; readonly sequence?: number },
    limit: number,
  ): Promise<readonly AuditRow[]>
  /** Every chain, oldest first. */
  auditChains(): Promise<readonly AuditChain[]>
  /** Newest first. */
  checkpoints(page: PageRequest): Promise<Page<Checkpoint>>
}
