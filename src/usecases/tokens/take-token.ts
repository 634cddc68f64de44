import type { ApprovalId, LeaseId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { ScopeRequest } from '../../domain/scope/types.ts'
import type { RequestPin } from '../../domain/token.ts'
import type { ProvenKey } from '../../token/dpop.ts'
import { type Awaiting, isAwaiting } from '../approvals/awaiting.ts'
import type { Caller } from '../caller.ts'
import { redeemDelegation } from '../delegations/redeem-delegation.ts'
import { type OpenLeaseInput, openLease } from '../leases/open-lease.ts'
import type { World } from '../world.ts'
import { mintTokens } from './mint-tokens.ts'
import type { SignedToken } from './sign-claims.ts'

/** One call token that somebody wants of a lease. */
export interface WantedToken {
  readonly audience: string
  /** Narrower than what there is; absent: all of it. */
  readonly scope?: ScopeRequest | undefined
  readonly pin?: RequestPin | undefined
  readonly approval?: ApprovalId | undefined
  /** A key that the asker held as it asked; the token is bound to it as well. */
  readonly possession?: ProvenKey | undefined
}

/**
 * What came of asking for a lease and a token of it in one go. The lease stands whatever `minted`
 * says: who was refused the token, or has to wait for it, comes again with the lease alone.
 */
export interface Taken {
  readonly lease: LeaseId
  readonly minted: Result<SignedToken | Awaiting>
}

/** Takes one call token from a lease of the caller. Refusals: those of `mintTokens`. */
export async function takeToken(
  world: World,
  caller: Caller,
  input: WantedToken & { readonly lease: LeaseId },
): Promise<Result<SignedToken | Awaiting>> {
  const minted = await mintTokens(world, caller, { ...input, count: 1 })
  if (!minted.ok) return minted
  if (isAwaiting(minted.value)) return accept(minted.value)
  const [token] = minted.value
  if (token === undefined) throw new Error('one token was asked for and none was minted')
  return accept(token)
}

/**
 * Redeems a delegation token, once, and takes a call token from the child lease. A delegation that
 * could not serve the token is refused unspent. Refusals: those of `redeemDelegation`.
 */
export async function takeFromDelegation(
  world: World,
  caller: Caller,
  input: WantedToken & { readonly token: string },
): Promise<Result<Taken>> {
  const { token, ...wanted } = input
  const born = await redeemDelegation(world, caller, { token, wanted })
  if (!born.ok) return born
  const lease = born.value.id
  return accept({ lease, minted: await takeToken(world, caller, { ...wanted, lease }) })
}

/**
 * Opens a root lease within the contract and takes a call token from it: a token of all of the
 * lease. An approval is the yes to the lease. Answers the question where the lease needs a yes.
 * Refusals: those of `openLease`, and `audience_mismatch` where the scope asked for does not have
 * the audience.
 */
export async function takeFromRoot(
  world: World,
  caller: Caller,
  input: Omit<WantedToken, 'scope'> & Pick<OpenLeaseInput, 'scope' | 'person'>,
): Promise<Result<Taken | Awaiting>> {
  const { audience, pin, approval, person, possession } = input
  const { audiences = [audience] } = input.scope
  // No lease is opened that could not give the token.
  if (!audiences.includes(audience)) return refuse('audience_mismatch', { audience })
  const scope = { ...input.scope, audiences }
  const opened = await openLease(world, caller, { scope, approval, person })
  if (!opened.ok) return opened
  if (isAwaiting(opened.value)) return accept(opened.value)
  const lease = opened.value.id
  const wanted = { audience, pin, possession, lease }
  return accept({ lease, minted: await takeToken(world, caller, wanted) })
}
