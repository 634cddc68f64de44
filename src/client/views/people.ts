/** A person's or operator's credential; `token` is there only in the answer that made it. */
export interface OperatorView {
  readonly name: string
  readonly role: 'owner' | 'operator'
  readonly token?: string
  /** base64url(SHA-256(DER)) of the certificate that stands in place of a token. */
  readonly certificate_thumbprint?: string
  /** In a list. */
  readonly created_at?: string
  readonly revoked_at?: string | null
}
