import type { AgentUri, CertificateThumbprint, Jti, LeaseId, TenantId } from '../../domain/ids.ts'
import type { Result } from '../../domain/result.ts'
import type { EpochSeconds } from '../../domain/time.ts'

/** A nonce that a request carried: its hash, whose request, until when it counts as seen. */
export interface RequestNonce {
  readonly tenant: TenantId
  readonly holder: AgentUri
  /** base64url(SHA-256) of the nonce. */
  readonly hash: string
  readonly expiresAt: EpochSeconds
}

/** A token that was handed out and whose revocation is published by its id. */
export interface IssuedToken {
  readonly tenant: TenantId
  readonly jti: Jti
  /** Who got it. */
  readonly holder: AgentUri
  readonly lease: LeaseId
  readonly certificate: CertificateThumbprint
  readonly expiresAt: EpochSeconds
}

/** Reads of what only CDP asks for. */
export interface CdpReads {
  /** Tokens that have not ended, the first to end first, at most `limit`. */
  issuedTokens(tenant: TenantId, limit: number): Promise<readonly IssuedToken[]>
}

/** What is kept for CDP beside decisions, without a record of its own. */
export interface CdpChores {
  /**
   * Keeps the nonce of a request, once: refuses `token_used` when it was seen and still counts,
   * `overloaded` when its holder has as many as it may. What stands is never pushed out (T-08).
   */
  takeRequestNonce(nonce: RequestNonce): Promise<Result<void>>
  /**
   * Keeps a token before it is handed out; refuses `overloaded` when too many of its holder, or of
   * all, have not ended.
   */
  noteIssuedToken(token: IssuedToken): Promise<Result<void>>
}
