import type { Scope } from '../../domain/scope/types.ts'
import type { RequestPin } from '../../domain/token.ts'

/** A delegation token and what it grants; the token is a secret until it is redeemed. */
export interface DelegationView {
  readonly token: string
  readonly expires_at: string
  readonly scope: Scope
  readonly delegate: string
}

/** Call tokens as minted, each for one call. */
export interface MintedView {
  readonly tokens: readonly {
    readonly token: string
    readonly jti: string
    readonly expires_at: string
  }[]
}

/** A pin as the API takes it. */
export type PinBody = Pick<RequestPin, 'method' | 'target'> & { readonly body_digest?: string }

/** What became of a token, for the one who spent it. */
export interface ReceiptView {
  readonly jti: string
  readonly at: string
  readonly record: { readonly chain: string; readonly sequence: number }
  readonly born_lease: string | null
}
