import type { ApprovalId, LeaseId } from '../../domain/ids.ts'
import type { Refusal, RefusalCode } from '../../domain/refusal.ts'
import type { Result } from '../../domain/result.ts'
import type { ScopeRequest } from '../../domain/scope/types.ts'
import type { RequestPin } from '../../domain/token.ts'
import type { ProvenKey } from '../../token/dpop.ts'
import type { Awaiting } from '../../usecases/approvals/awaiting.ts'
import type { AgentCaller } from '../../usecases/caller.ts'
import type { SignedToken } from '../../usecases/tokens/sign-claims.ts'
import type { World } from '../../usecases/world.ts'
import type { Form } from '../form.ts'

/** What every grant is asked with: the parameters that mean the same in each of them. */
export interface TokenParams {
  /** Every parameter, for those of one grant alone. */
  readonly form: Form
  /** RFC 8707: the one protected resource the token is for. */
  readonly resource: string
  /** RFC 9396: the one object of our type, as asked for. */
  readonly details?: ScopeRequest | undefined
  /** The yes of an owner to a request that had to wait for it. */
  readonly approval?: ApprovalId | undefined
  /** The one request the token is for. */
  readonly pin?: RequestPin | undefined
  /** The key that came with the request (RFC 9449 §5), which the token is bound to as well. */
  readonly possession?: ProvenKey | undefined
  /** Counts what came of redeeming something on the way. */
  readonly redeemed: (result: 'allowed' | RefusalCode) => void
}

/**
 * What a grant came to. `lease` is told wherever one was born or opened on the way, also when the
 * token itself was refused or has to wait: it stands, and its holder comes again with it.
 */
export type TokenAnswer =
  | {
      readonly kind: 'issued'
      readonly token: SignedToken
      readonly lease: LeaseId
      /** RFC 8693 §2.2.1; only token exchange tells it. */
      readonly issuedTokenType?: string | undefined
    }
  | { readonly kind: 'pending'; readonly awaiting: Awaiting; readonly lease?: LeaseId | undefined }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly lease: LeaseId }

/** One way to a call token; one file each, listed in `grants.ts`. */
export interface Grant {
  readonly grantType: string
  /** Absent: always. */
  readonly isOffered?: (world: Pick<World, 'assertions'>) => boolean
  /** The caller is proven by its connection; nothing in the parameters says who asks. */
  readonly run: (
    world: World,
    caller: AgentCaller,
    params: TokenParams,
  ) => Promise<Result<TokenAnswer>>
}
