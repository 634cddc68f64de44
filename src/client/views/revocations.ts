/** What a revocation came to; the effect does not wait for the count. */
export interface RevokedView {
  readonly revoked_at: string
  readonly subject: string
  readonly record: unknown
}

/** Something that is out of force. */
export interface RevocationView {
  readonly subject: string
  readonly effect: 'revoked' | 'suspended'
  readonly reason: string
  readonly at: string
}

/** What a revocation of a lease would end. */
export interface RevokePreviewView {
  readonly leases: number
  readonly live: number
  readonly holders: readonly string[]
}

/** What a revocation of an agent, a lease or a label would end. */
export interface SubjectPreviewView extends RevokePreviewView {
  /** Whether all was looked at. */
  readonly whole: boolean
}
