import type { CertificateThumbprint, TenantId } from './ids.ts'
import { SESSION_IDLE_SECONDS } from './limits.ts'
import type { EpochSeconds } from './time.ts'

/**
 * One browser that a person signed in with. It can do what the role credential can that it was
 * opened with, and ends with it. The secret itself is in the browser's cookie alone.
 */
export interface Session {
  readonly tenant: TenantId
  /** base64url(SHA-256(secret)). */
  readonly secretHash: string
  /** Name of the role credential; names are never given again. */
  readonly name: string
  /**
   * Thumbprint of the certificate it was opened with: it counts only on connections that show this
   * one. Null for a session that was opened with a token.
   */
  readonly certificate: CertificateThumbprint | null
  readonly openedAt: EpochSeconds
  /** When it was used last, to SESSION_NOTE_SECONDS. */
  readonly usedAt: EpochSeconds
  readonly expiresAt: EpochSeconds
}

/** Whether a session stands at a moment: neither at its end nor left alone for too long. */
export function sessionStands(session: Session, now: EpochSeconds): boolean {
  return now < session.expiresAt && now < session.usedAt + SESSION_IDLE_SECONDS
}
