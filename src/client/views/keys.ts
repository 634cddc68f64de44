/** A signing key; its private part never leaves the authority. */
export interface KeyView {
  readonly kid: string
  readonly purpose: 'token' | 'receipt' | 'checkpoint' | 'feed' | 'event' | 'status' | 'leash'
  readonly alg: string
  readonly state: string
  readonly created_at: string
  readonly verifies_until: string | null
}
