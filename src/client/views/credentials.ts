/** An upstream credential, without its secret. `versions` only where one is shown alone. */
export interface CredentialView {
  readonly name: string
  readonly environment: string
  readonly owner: string | null
  readonly kind: string
  readonly category: string
  readonly origins: readonly string[]
  readonly placement: { readonly in: string }
  readonly backend: string
  readonly version: number
  readonly state: 'active' | 'disabled'
  readonly versions?: readonly { readonly version: number }[]
}
