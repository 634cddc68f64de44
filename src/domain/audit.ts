import type { DECISIONS } from './decisions.ts'
import type { AgentUri, EnrollmentId, LeaseId, RegistrationId, RequestId, TenantId } from './ids.ts'
import type { Facts, RefusalCode } from './refusal.ts'
import type { EpochSeconds } from './time.ts'

/** What was decided upon; one word for each use-case that decides. */
export type AuditEvent = keyof typeof DECISIONS

/**
 * One decision, yes or no (I10). The writer adds chain, sequence number, time and hashes. Facts are
 * ids, numbers and hashes; never a token, key, credential or handle (I12).
 */
export interface AuditEntry {
  readonly event: AuditEvent
  readonly outcome: 'allowed' | RefusalCode
  readonly tenant: TenantId
  /**
   * Who asked: an agent, `owner:…` or `operator:…` by name, and before there is an agent the
   * invitation or the registration by id. `stranger`: somebody without certificate who showed a
   * token and could not prove its key.
   */
  readonly actor:
    | AgentUri
    | `owner:${string}`
    | `operator:${string}`
    | EnrollmentId
    | RegistrationId
    | 'authority'
    | 'stranger'
  readonly request: RequestId
  readonly lease: LeaseId | null
  readonly facts: Facts
}

/** Where a record stands: named by receipts. */
export interface AuditPosition {
  readonly chain: string
  readonly sequence: number
}

/** The last record of a chain, and its hash. */
export interface ChainHead extends AuditPosition {
  readonly hash: string
}

/**
 * What a checkpoint states, before and after it is signed: at this moment these records stood.
 * Heads that a later chain's first record already names are left out: they are covered through it.
 */
export interface CheckpointStatement {
  readonly at: EpochSeconds
  /** Sorted by chain, each chain once. */
  readonly heads: readonly ChainHead[]
  /** The highest moment the store had seen. */
  readonly mark: EpochSeconds
  /** base64url(SHA-256) of the signed checkpoint before; null for the first. */
  readonly previous: string | null
}
