import type { KeyThumbprint } from '../domain/ids.ts'
import { CLOCK_SKEW_SECONDS, TOKEN_BYTES_MAX } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { type EpochSeconds, later } from '../domain/time.ts'
import type { TokenClaims, TokenKind } from '../domain/token.ts'
import { readClaims } from './claims.ts'
import { type CompactJws, readCompact, type SignatureCheck, verifySignature } from './jws.ts'
import type { KeySource } from './key.ts'
import { TOKEN_TYP } from './wire.ts'

declare const brand: unique symbol

/** A token whose form is right; only `parseToken` makes one. Believe nothing in it yet. */
export type ParsedToken = {
  readonly jws: CompactJws
  readonly claims: TokenClaims
} & { readonly [brand]: 'ParsedToken' }

/** What a verifier expects; all by exact comparison. */
export interface Expectations {
  readonly keys: KeySource
  readonly issuer: string
  readonly audience: string
  readonly now: EpochSeconds
}

/** A token that one of our keys signed for this audience and this moment. */
export interface VerifiedToken {
  readonly claims: TokenClaims
  /** `kid` of the key that signed it. */
  readonly key: KeyThumbprint
}

/**
 * The strict reading of protocol §4, before any cryptography. Refusals: `too_large`, `malformed`,
 * `token_kind`. Its cost is bounded by TOKEN_BYTES_MAX.
 */
export function parseToken(text: string, kind: TokenKind): Result<ParsedToken> {
  const jws = readCompact(text, { typ: TOKEN_TYP[kind], bytesMax: TOKEN_BYTES_MAX })
  if (!jws.ok) return jws
  const claims = readClaims(jws.value.payload, kind)
  if (!claims.ok) return claims
  return accept({ jws: jws.value, claims: claims.value } as ParsedToken)
}

/**
 * Verifies a parsed token, in the order of the refusal table: `signature_invalid`,
 * `issuer_mismatch`, `audience_mismatch`, `not_yet_valid`, `expired`, `depth_invalid`.
 * CLOCK_SKEW_SECONDS is forgiven for `nbf`, and so for `iat`, which is never later; `exp` is the
 * first second that is too late. Does not check the peer (I8), the scope, the lineage (I6) or
 * single use (I7).
 */
export async function checkToken(
  parsed: ParsedToken,
  expected: Expectations,
  isGenuine: SignatureCheck,
): Promise<Result<VerifiedToken>> {
  const { jws, claims } = parsed
  const signed = await verifySignature(jws, expected.keys, 'token', isGenuine)
  if (!signed.ok) return signed
  const { issuer, audience, notBefore, expiresAt, depth, maxDepth } = claims
  if (issuer !== expected.issuer) return refuse('issuer_mismatch', { issuer })
  if (audience !== expected.audience) return refuse('audience_mismatch', { audience })
  if (notBefore > later(expected.now, CLOCK_SKEW_SECONDS)) {
    return refuse('not_yet_valid', { notBefore })
  }
  if (expected.now >= expiresAt) return refuse('expired', { expiresAt })
  if (depth > maxDepth) return refuse('depth_invalid', { depth, maxDepth })
  return accept({ claims, key: signed.value.kid })
}
