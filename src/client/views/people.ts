/** A person's or operator's credential; `token` is there only in the answer that made it. */
export interface OperatorView {
  readonly name: string
  readonly role: 'owner' | 'operator'
  readonly token?: string
  readonly revoked_at?: string | null
}
