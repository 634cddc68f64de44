import { TOKEN_BYTES_MAX } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { TokenClaims } from '../../domain/token.ts'
import { signToken, tokenBytes } from '../../token/sign.ts'
import type { World } from '../world.ts'

/** A signed token and what it says. */
export interface SignedToken {
  readonly token: string
  readonly claims: TokenClaims
}

/**
 * Refuses `too_large` before a token is promised that no verifier would read: a large scope, deep
 * in a tree of agents with long names, can pass every other limit.
 */
export function requireRoomInToken(world: World, claims: TokenClaims): Result<TokenClaims> {
  const bytes = tokenBytes(world.keys.active('token'), claims)
  return bytes > TOKEN_BYTES_MAX ? refuse('too_large', { bytes }) : accept(claims)
}

/** Signs what was decided and committed; the last thing a use-case does. */
export function signClaims(
  world: World,
  claims: readonly TokenClaims[],
): Promise<readonly SignedToken[]> {
  const key = world.keys.active('token')
  return Promise.all(claims.map(async (one) => ({ token: await signToken(key, one), claims: one })))
}
