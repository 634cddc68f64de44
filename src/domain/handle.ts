import type { AuditEntry } from './audit.ts'
import type { CertificateThumbprint, HandleId, LeaseId, TenantId } from './ids.ts'
import type { EpochSeconds } from './time.ts'

/**
 * A bearer reference to a lease, for agents that can only send a header. Whoever shows its text
 * calls as the holder of the lease, within everything that limits the lease, and can do nothing
 * else: it opens, renews, mints and delegates nothing.
 */
export interface Handle {
  readonly id: HandleId
  readonly tenant: TenantId
  readonly lease: LeaseId
  /**
   * base64url(SHA-256(text)): all that is kept of the text. It stands where a token has the
   * thumbprint of a certificate, so revoking it as such reaches calls that run.
   */
  readonly digest: CertificateThumbprint
  /** What people know it by. */
  readonly label: string
  /** Only over a TLS connection with this certificate; null: over any. */
  readonly certificate: CertificateThumbprint | null
  /** Only from these addresses, exact or as prefixes such as `10.1.0.0/16`; empty: from any. */
  readonly addresses: readonly string[]
  /**
   * base64url(SHA-256) of a second secret that each call shows beside the text, of another header;
   * null: there is none. Only a handle that CDP gave out has one.
   */
  readonly binding: string | null
  /** Only from the process of this fingerprint (CDPX-05), base64url; null: from any. */
  readonly process: string | null
  readonly createdBy: AuditEntry['actor']
  readonly createdAt: EpochSeconds
  /** Never after the lease. */
  readonly expiresAt: EpochSeconds
  readonly revokedAt: EpochSeconds | null
}

const TEXT = /^(?:wrt_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]|cdp_lt_[0-9a-f]{64})$/

/** The shape of a handle: `wrt_` and 256 random bits, or a lease token of CDP (CDPX-11). */
export function isHandleText(text: string): boolean {
  return TEXT.test(text)
}
