import type { NonceHolder, WatchedProcess } from '../../domain/attestation.ts'
import type { AgentUri, TenantId } from '../../domain/ids.ts'
import type { Result } from '../../domain/result.ts'
import type { EpochSeconds } from '../../domain/time.ts'

/** A nonce as it is kept: its hash, for whom, until when. */
export interface IssuedNonce {
  readonly tenant: TenantId
  /** base64url(SHA-256) of the nonce. */
  readonly hash: string
  readonly holder: NonceHolder
  readonly expiresAt: EpochSeconds
}

/** Something that proves once: what it is known by, until when it could come again. */
export interface SpentProof {
  readonly tenant: TenantId
  /** base64url(SHA-256) of what makes it one. */
  readonly key: string
  readonly expiresAt: EpochSeconds
}

/** Reads about evidence. */
export interface AttestationReads {
  /** Whether a nonce stands. Decides nothing: it may be taken by somebody else next. */
  nonceStands(nonce: Omit<IssuedNonce, 'expiresAt'>): Promise<boolean>
  /** Measured processes of one machine, of every tenant. */
  watchedProcesses(host: string): Promise<readonly WatchedProcess[]>
  /** Measured processes that no authority has seen since a moment, of every tenant. */
  unseenProcesses(since: EpochSeconds): Promise<readonly WatchedProcess[]>
}

/** Writes about evidence. */
export interface AttestationWrites {
  /**
   * Takes a nonce, once: refuses `attestation_failed` when it does not stand, was given to somebody
   * else or is over. A refused decision leaves it standing.
   */
  takeNonce(nonce: Omit<IssuedNonce, 'expiresAt'>): Promise<Result<void>>
  /** Spends a proof, once: refuses `attestation_failed` when it was spent. */
  spendProof(proof: SpentProof): Promise<Result<void>>
  /** The process behind an agent from now on; it counts as seen. */
  watchProcess(process: WatchedProcess): Promise<void>
  /** There is no process behind an agent any more; false when there was none, or another one. */
  unwatchProcess(tenant: TenantId, agent: AgentUri, fingerprint?: string): Promise<boolean>
}

/** What is kept about evidence beside decisions, without a record of its own. */
export interface AttestationChores {
  /**
   * Keeps a nonce that was drawn. Refuses `overloaded` when its holder has as many as it may:
   * nothing that stands is ever pushed out.
   */
  issueNonce(nonce: IssuedNonce): Promise<Result<void>>
  /** These agents' processes run; what is not seen for PROCESS_UNSEEN_SECONDS counts as ended. */
  sawProcesses(host: string, agents: readonly AgentUri[]): Promise<void>
}
