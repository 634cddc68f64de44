import { compactVerify } from 'jose'
import { readJson } from '../domain/json.ts'
import {
  FOREIGN_TOKEN_AGE_SECONDS_MAX,
  FOREIGN_TOKEN_BYTES_MAX,
} from '../domain/limits/attestation.ts'
import { CLOCK_SKEW_SECONDS } from '../domain/limits.ts'
import { type Facts, refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { decodeBase64url } from './base64url.ts'
import type { ForeignAlg, ForeignKey } from './foreign-keys.ts'
import { isObject } from './shape.ts'
import { decodeUtf8 } from './strict-json.ts'

/** Claims of somebody else's token, strictly read. */
export type ForeignClaims = Readonly<Record<string, unknown>>

/**
 * A token of another issuer whose form is right. Nothing in it is to be believed: `issuer` and
 * `kid` only choose, among what is configured, whose keys it is held against.
 */
export interface ForeignToken {
  readonly text: string
  readonly alg: string
  readonly kid: string
  readonly issuer: string
  readonly claims: ForeignClaims
}

/** What a token of another issuer has to be; all from configuration. */
export interface ForeignExpectations {
  readonly issuer: string
  readonly audience: string
  readonly algs: readonly ForeignAlg[]
  /** Oldest accepted, in seconds since it was issued. */
  readonly ageSecondsMax: number
  /** Longest time from `iat` to `exp`, in seconds. */
  readonly lifeSecondsMax?: number
  readonly now: EpochSeconds
}

/** Members of a header that change nothing: the hashes of a certificate nobody here reads. */
const HEADER_MEMBERS = new Set(['alg', 'typ', 'kid', 'x5t', 'x5t#S256'])
/** `typ` of workload identity tokens; it may be left out. */
const JWT = 'JWT'
/** `typ` of an identity assertion grant (draft-ietf-oauth-identity-assertion-authz-grant). */
export const ID_JAG_TYP = 'oauth-id-jag+jwt'

/** Which kind of token is read: nothing made for another use is one (RFC 8725 §3.11). */
export type ForeignTyp = typeof JWT | typeof ID_JAG_TYP

const KID_CHARACTERS_MAX = 256
const NESTING_MAX = 8

/**
 * Reads a compact token of another issuer before any cryptography (RFC 8725 §3). Refused as
 * `attestation_failed`: more than FOREIGN_TOKEN_BYTES_MAX, another spelling of its bytes, JSON that
 * readers disagree about, a header that brings its own key or address (`jwk`, `jku`, `x5c`, `x5u`),
 * `crit`, `b64`, `zip`, `enc` or anything else, another `typ` (`JWT` may be
 * absent), no `kid`, no `iss`.
 */
export function readForeignToken(text: string, typ: ForeignTyp = JWT): Result<ForeignToken> {
  if (text.length > FOREIGN_TOKEN_BYTES_MAX) return failed('too large')
  const parts = text.split('.')
  const [encodedHeader, encodedClaims, signature] = parts
  if (parts.length !== 3 || encodedHeader === undefined || encodedClaims === undefined) {
    return failed('not compact')
  }
  const header = readPart(encodedHeader)
  const claims = readPart(encodedClaims)
  if (header === undefined || claims === undefined) return failed('not strict JSON')
  if (signature === undefined || decodeBase64url(signature) === undefined || signature === '') {
    return failed('signature spelling')
  }
  const unknown = Object.keys(header).find((member) => !HEADER_MEMBERS.has(member))
  if (unknown !== undefined) return failed('header member')
  const { alg, kid } = header
  if (typeof alg !== 'string') return failed('alg')
  if (!isTyp(header['typ'], typ)) return failed('typ')
  if (typeof kid !== 'string' || kid === '' || kid.length > KID_CHARACTERS_MAX) return failed('kid')
  const issuer = claims['iss']
  if (typeof issuer !== 'string') return failed('iss')
  return accept({ text, alg, kid, issuer, claims })
}

/**
 * Verifies a token against one key of its issuer, which was found by configuration and `kid`, never
 * by anything the token brings. The algorithm is the key's. Then, exactly: `iss`; `aud` as the one
 * audience, alone; `iat` not older than the issuer's entry allows and not from the future; `nbf`;
 * `exp`, which is the first second that is too late and at most `lifeSecondsMax`, or
 * FOREIGN_TOKEN_AGE_SECONDS_MAX, after `iat`; times are whole seconds. Refusal:
 * `attestation_failed`. Checks neither rules nor uses.
 */
export async function verifyForeignToken(
  token: ForeignToken,
  key: ForeignKey,
  expected: ForeignExpectations,
): Promise<Result<ForeignClaims>> {
  if (!expected.algs.includes(key.alg) || token.alg !== key.alg || token.kid !== key.kid) {
    return failed('alg')
  }
  if (!(await isGenuine(token.text, key))) return failed('signature')
  const { claims } = token
  if (token.issuer !== expected.issuer) return failed('iss')
  if (!isFor(claims['aud'], expected.audience)) return failed('aud')
  const fault = faultInTimes(claims, expected)
  return fault === undefined ? accept(claims) : failed(fault)
}

function isTyp(found: unknown, wanted: ForeignTyp): boolean {
  if (wanted !== JWT) return found === wanted
  return found === undefined || (typeof found === 'string' && found.toUpperCase() === JWT)
}

async function isGenuine(text: string, key: ForeignKey): Promise<boolean> {
  try {
    await compactVerify(text, key.key, { algorithms: [key.alg] })
    return true
  } catch {
    return false
  }
}

/** One audience: two would let whoever stands behind the other one use it here. */
function isFor(aud: unknown, audience: string): boolean {
  if (typeof aud === 'string') return aud === audience
  return Array.isArray(aud) && aud.length === 1 && aud[0] === audience
}

function faultInTimes(claims: ForeignClaims, expected: ForeignExpectations): string | undefined {
  const { iat, exp, nbf } = claims
  const { now, ageSecondsMax, lifeSecondsMax = FOREIGN_TOKEN_AGE_SECONDS_MAX } = expected
  if (!isMoment(iat) || !isMoment(exp)) return 'times'
  if (nbf !== undefined && (!isMoment(nbf) || nbf > now + CLOCK_SKEW_SECONDS)) return 'nbf'
  if (iat > now + CLOCK_SKEW_SECONDS || now - iat > ageSecondsMax) return 'iat'
  if (now >= exp || exp - iat > lifeSecondsMax) return 'exp'
  return undefined
}

function isMoment(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function readPart(encoded: string): ForeignClaims | undefined {
  const bytes = decodeBase64url(encoded)
  const text = bytes === undefined ? undefined : decodeUtf8(bytes)
  const read = text === undefined ? undefined : readJson(text, NESTING_MAX)
  return read?.ok === true && isObject(read.value) ? read.value : undefined
}

/** The refusal, with a word for the log; never anything of the token. */
function failed(token: string): Result<never> {
  const facts: Facts = { token }
  return refuse('attestation_failed', facts)
}
