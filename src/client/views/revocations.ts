/** What a revocation came to; the effect does not wait for the count. */
export interface RevokedView {
  readonly revoked_at: string
  readonly subject: string
  readonly record: unknown
}

/** What a revocation of a lease would end. */
export interface RevokePreviewView {
  readonly leases: number
  readonly live: number
  readonly holders: readonly string[]
}

/** One subject that is revoked or suspended. */
export interface RevocationView {
  readonly subject: string
  readonly effect: 'revoked' | 'suspended'
  readonly reason: string
  readonly at: string
}
