import { parseJti } from '../domain/ids.ts'
import { TOKEN_TTL_SECONDS_MAX } from '../domain/limits.ts'
import { accept, type Result } from '../domain/result.ts'
import type { EpochSeconds } from '../domain/time.ts'
import type { TokenClaims, TokenKind } from '../domain/token.ts'
import { malformed } from './jws.ts'
import { createMemory, freezeDeeply, type Memory } from './memory.ts'
import { readSharedClaims, type SharedClaims } from './shared-claims.ts'

/** An integer as we write it. */
const TIME = '(0|[1-9]\\d{0,15})'
/** How every payload begins: the claims in which the tokens of one lease differ. */
const HEAD = new RegExp(
  `^\\{"jti":"([A-Za-z0-9_-]{22})","iat":${TIME},"nbf":${TIME},"exp":${TIME},`,
)

/** Shared claims kept for each kind; some kB each, so some MiB. */
const SHARED_KEPT = 2_048
const sharedKnown: Readonly<Record<TokenKind, Memory<SharedClaims>>> = {
  delegation: createMemory(SHARED_KEPT),
  call: createMemory(SHARED_KEPT),
}

/**
 * Reads the payload of a token of one kind. Refusal `malformed`, with a pointer into the payload:
 * it begins with jti, iat, nbf and exp (integers) in this order, iat ≤ nbf < exp, it lives at most
 * TOKEN_TTL_SECONDS_MAX, and the rest is as `readSharedClaims` wants it. Knows nothing of the
 * present time.
 */
export function readClaims(payload: string, kind: TokenKind): Result<TokenClaims> {
  const head = HEAD.exec(payload)
  if (head === null) return malformed('', 'Begins with jti, iat, nbf, exp, as we write them.')
  const [matched, id = '', iat, nbf, exp] = head
  const jti = parseJti(id)
  if (jti === undefined) return malformed('/jti', 'Not 128 bits in canonical base64url.')
  const [issuedAt, notBefore, expiresAt] = [seconds(iat), seconds(nbf), seconds(exp)]
  if (issuedAt === undefined) return malformed('/iat', 'Not a safe integer.')
  if (notBefore === undefined || notBefore < issuedAt) return malformed('/nbf', 'Not after iat.')
  const ends = expiresAt !== undefined && expiresAt > notBefore ? expiresAt : undefined
  if (ends === undefined || ends - issuedAt > TOKEN_TTL_SECONDS_MAX) {
    return malformed('/exp', 'Not after nbf, or too far from iat.')
  }
  const shared = readSharedOnce(`{${payload.slice(matched.length)}`, kind)
  if (!shared.ok) return shared
  return accept({ ...shared.value, jti, issuedAt, notBefore, expiresAt: ends })
}

/**
 * `readSharedClaims`, remembering what it read: the tokens of a lease repeat these claims, and
 * reading them is most of the cost of a token. The key is the exact text, so the answer is the one
 * `readSharedClaims` gives; it is a reading, not a verdict on anything. A pinned token is one of
 * its kind and not remembered. What is remembered is frozen, because tokens share it.
 */
function readSharedOnce(written: string, kind: TokenKind): Result<SharedClaims> {
  const known = sharedKnown[kind]
  const remembered = known.recall(written)
  if (remembered !== undefined) return accept(remembered)
  const shared = readSharedClaims(written, kind)
  if (!shared.ok || shared.value.pin !== undefined) return shared
  known.keep(written, freezeDeeply(shared.value))
  return shared
}

function seconds(digits = ''): EpochSeconds | undefined {
  const value = Number(digits)
  return Number.isSafeInteger(value) ? (value as EpochSeconds) : undefined
}
