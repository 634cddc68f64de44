import { createHash, verify } from 'node:crypto'
import type { KeyThumbprint } from '../domain/ids.ts'
import { readJson } from '../domain/json.ts'
import {
  CLOCK_SKEW_SECONDS,
  PROOF_AGE_SECONDS_MAX,
  PROOF_CHARACTERS_MAX,
  PROOF_ID_CHARACTERS_MAX,
  PROOF_ID_CHARACTERS_MIN,
} from '../domain/limits.ts'
import type { ShownProof } from '../domain/redemption.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { type EpochSeconds, later } from '../domain/time.ts'
import { decodeBase64url } from './base64url.ts'
import { ALGS_OF, type ProofKey, readProofKey } from './dpop-key.ts'
import type { PresentedProof } from './proof-header.ts'
import { isObject } from './shape.ts'
import { decodeUtf8 } from './strict-json.ts'

/** What a proof is held against beside the request. */
export interface ProofExpectations {
  /** The token it came with; undefined where a key is proven and no token is used. */
  readonly token: string | undefined
  readonly now: EpochSeconds
}

/** A key that the sender of a request was seen to hold, and the memory of that proof. */
export interface ProvenKey {
  readonly key: KeyThumbprint
  /** To be remembered where the request takes effect: what stands there already is a replay. */
  readonly proof: ShownProof
}

const SIGNATURE_BYTES = 64
const NESTING_MAX = 4
const HEADER_MEMBERS = 'alg,jwk,typ'
const ID = new RegExp(`^[\\x21-\\x7e]{${PROOF_ID_CHARACTERS_MIN},${PROOF_ID_CHARACTERS_MAX}}$`)

/**
 * Verifies a proof of possession (RFC 9449 §4.3), strictly: header of exactly `typ`, `alg` and a
 * public `jwk`, the algorithm that of the kind of key; `htm` byte by byte; `htu` without query and
 * fragment, equal after the normalisation of RFC 3986 §6.2.2 and §6.2.3; `iat` at most
 * PROOF_AGE_SECONDS_MAX old; `ath` that of the token, or none where there is none; `jti` long
 * enough to be drawn once; a nonce where one is asked for. Refusals: `proof_invalid`, and
 * `nonce_required` when nothing but the nonce is missing.
 *
 * Does not know whether the proof was shown before: `proof` has to be remembered in the
 * transaction of whatever the request does. Does not compare the key with any token.
 */
export async function verifyProof(
  { jwt, method, url, isNonce }: PresentedProof,
  { token, now }: ProofExpectations,
): Promise<Result<ProvenKey>> {
  if (jwt.length > PROOF_CHARACTERS_MAX) return failed('too large')
  const parts = jwt.split('.')
  const [encodedHeader = '', encodedClaims = '', encodedSignature = ''] = parts
  const header = readPart(encodedHeader)
  const claims = readPart(encodedClaims)
  if (parts.length !== 3 || header === undefined || claims === undefined) return failed('spelling')
  const signature = decodeBase64url(encodedSignature)
  if (signature?.length !== SIGNATURE_BYTES) return failed('signature spelling')
  if (Object.keys(header).toSorted().join() !== HEADER_MEMBERS) return failed('header members')
  if (header['typ'] !== 'dpop+jwt') return failed('typ')
  const key = readProofKey(header['jwk'])
  if (key === undefined) return failed('jwk')
  if (!ALGS_OF[key.kind].some((alg) => alg === header['alg'])) return failed('alg')
  const fault = faultIn(claims, { method, url, token, now })
  if (fault !== undefined) return failed(fault)
  const signed = jwt.slice(0, jwt.lastIndexOf('.'))
  if (!(await isGenuine(key, signed, signature))) return failed('signature')
  const { nonce, jti, iat } = claims
  if (isNonce !== undefined && !(typeof nonce === 'string' && isNonce(nonce))) {
    return refuse('nonce_required', { nonce: nonce === undefined ? 'none' : 'unknown' })
  }
  const id = createHash('sha256').update(`dpop ${key.thumbprint} ${jti}`).digest('base64url')
  const expiresAt = later(iat as EpochSeconds, PROOF_AGE_SECONDS_MAX + 1)
  return accept({ key: key.thumbprint, proof: { id, expiresAt } })
}

/** base64url(SHA-256(token)): `ath` (RFC 9449 §4.2). */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token, 'ascii').digest('base64url')
}

type Claims = Readonly<Record<string, unknown>>

/** The first claim that is not what this request asks for. */
function faultIn(
  { jti, htm, htu, iat, ath, exp, nbf }: Claims,
  request: ProofExpectations & Pick<PresentedProof, 'method' | 'url'>,
): string | undefined {
  const { method, url, token, now } = request
  if (typeof jti !== 'string' || !ID.test(jti)) return 'jti'
  if (htm !== method) return 'htm'
  const [asked = ''] = url.split(/[?#]/, 1)
  const named = typeof htu === 'string' ? normalised(htu) : undefined
  if (named === undefined || named !== normalised(asked)) return 'htu'
  if (!isMoment(iat) || iat > now + CLOCK_SKEW_SECONDS) return 'iat'
  if (now - iat > PROOF_AGE_SECONDS_MAX) return 'iat'
  if (exp !== undefined && !(isMoment(exp) && now < exp)) return 'exp'
  if (nbf !== undefined && !(isMoment(nbf) && nbf <= now + CLOCK_SKEW_SECONDS)) return 'nbf'
  const hash = token === undefined ? undefined : tokenHash(token)
  return ath === hash ? undefined : 'ath'
}

const ADDRESS = /^(https?):\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(\/[\x21-\x7e]*)?$/i
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' }

/**
 * An address as it is compared: scheme and host in lowercase, no default port, `/` for an empty
 * path, escapes in uppercase. Dots and escapes in the path are left as they are: they are judged
 * elsewhere, and what is compared has to be what is judged. Undefined for an address with a query,
 * a fragment or a user.
 */
function normalised(address: string): string | undefined {
  const [, scheme, host, port, path = '/'] = ADDRESS.exec(address) ?? []
  if (scheme === undefined || host === undefined || /[?#]/.test(path)) return undefined
  const name = scheme.toLowerCase()
  const ending = port === undefined || port === DEFAULT_PORTS[name] ? '' : `:${port}`
  const escaped = path.replace(/%[0-9a-f]{2}/gi, (sequence) => sequence.toUpperCase())
  return `${name}://${host.toLowerCase()}${ending}${escaped}`
}

function isMoment(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function readPart(encoded: string): Claims | undefined {
  const bytes = decodeBase64url(encoded)
  const text = bytes === undefined ? undefined : decodeUtf8(bytes)
  const read = text === undefined ? undefined : readJson(text, NESTING_MAX)
  return read?.ok === true && isObject(read.value) ? read.value : undefined
}

function isGenuine({ key, kind }: ProofKey, signed: string, signature: Uint8Array) {
  const hash = kind === 'P-256' ? 'sha256' : null
  const bytes = Buffer.from(signed, 'latin1')
  return new Promise<boolean>((resolve, reject) => {
    verify(hash, bytes, { key, dsaEncoding: 'ieee-p1363' }, signature, (error, genuine) => {
      if (error === null) resolve(genuine)
      else reject(error)
    })
  })
}

/** The refusal, with a word for the log; never anything of the proof. */
function failed(proof: string): Result<never> {
  return refuse('proof_invalid', { proof })
}
