import type { LeaseId } from '../../domain/ids.ts'
import { accept, type Result } from '../../domain/result.ts'
import { type Awaiting, isAwaiting } from '../../usecases/approvals/awaiting.ts'
import type { SignedToken } from '../../usecases/tokens/sign-claims.ts'
import type { Taken } from '../../usecases/tokens/take-token.ts'
import type { TokenAnswer } from './grant.ts'

/** The answer where a lease was born on the way: it is told even when the token is not given. */
export function answerOfTaken(taken: Taken, issuedTokenType?: string): TokenAnswer {
  const { lease, minted } = taken
  if (!minted.ok) return { kind: 'refused', refusal: minted.refusal, lease }
  return answerOfMinted(lease, minted.value, issuedTokenType)
}

/** The answer where there was a lease before, so that a refusal is a plain one. */
export function answerOfToken(
  lease: LeaseId,
  minted: Result<SignedToken | Awaiting>,
  issuedTokenType?: string,
): Result<TokenAnswer> {
  return minted.ok ? accept(answerOfMinted(lease, minted.value, issuedTokenType)) : minted
}

function answerOfMinted(
  lease: LeaseId,
  minted: SignedToken | Awaiting,
  issuedTokenType?: string,
): TokenAnswer {
  if (isAwaiting(minted)) return { kind: 'pending', awaiting: minted, lease }
  return { kind: 'issued', token: minted, lease, issuedTokenType }
}
