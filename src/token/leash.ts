import { type Jti, type LeaseId, type PrincipalId, parseJti, parseLeaseId } from '../domain/ids.ts'
import { isLeashWord, type LeashClaims } from '../domain/leash.ts'
import { LEASH_WORDS_MAX, SCOPE_STRING_MAX, TOKEN_BYTES_MAX } from '../domain/limits.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { decodeBase64url } from './base64url.ts'
import type { SigningKey, VerificationKey } from './key.ts'
import { faultFinder, integer, isObject, matching, text } from './shape.ts'
import { signCompact } from './sign.ts'
import { isGenuineByNode } from './signature-node.ts'
import { decodeUtf8, readWrittenJson } from './strict-json.ts'
import { parseEd25519PublicKey } from './weak-keys.ts'

const TYP = 'leash+jwt'
const ALG = 'EdDSA'
const SUBJECT = 'agent:'
const ID = 'leash-'
const KEY_ID = /^leash-attest-([\x21-\x7e]{1,255})-v([1-9]\d{0,5})$/

/** Why a text is no leash, before any key is asked. */
export type LeashFault = 'malformed' | 'header-typ' | 'header-alg'

/** A leash whose form is right; nothing is known yet about who made it. */
export interface ParsedLeash {
  readonly claims: LeashClaims
  /** Which of the attestation keys, counted from 1. */
  readonly keyNumber: number
  /** Of the format; there is one. */
  readonly version: number
  readonly signed: string
  readonly signature: Uint8Array
}

interface WireLeash {
  readonly iss: string
  readonly sub: string
  readonly iat: number
  readonly nbf: number
  readonly exp: number
  readonly jti: string
  readonly 'vettid:v': number
  readonly 'vettid:scope': readonly string[]
  readonly 'vettid:grant_version': number
  readonly 'vettid:profile_version': number
  readonly 'vettid:agent_pubkey': string
  readonly 'vettid:revocation_url': string
  readonly 'vettid:audience': string
}

const findFault = faultFinder({
  required: {
    iss: text(SCOPE_STRING_MAX),
    sub: (value) => typeof value === 'string' && leaseOf(value) !== undefined,
    iat: integer(),
    nbf: integer(),
    exp: integer(),
    jti: (value) => typeof value === 'string' && leashIdOf(value) !== undefined,
    'vettid:v': integer(),
    'vettid:scope': isScope,
    'vettid:grant_version': integer(1),
    'vettid:profile_version': integer(),
    'vettid:agent_pubkey': matching(/^[A-Za-z0-9_-]{43}$/),
    'vettid:revocation_url': text(SCOPE_STRING_MAX),
    'vettid:audience': text(SCOPE_STRING_MAX),
  },
})

/** How the attestation key of a person is named in headers (LEASHX-01). */
export function leashKeyId(subject: PrincipalId, number: number): string {
  return `leash-attest-${subject}-v${number}`
}

/** The id of a leash as it stands in its claims and in its status address, or undefined. */
export function leashIdOf(id: string): Jti | undefined {
  return id.startsWith(ID) ? parseJti(id.slice(ID.length)) : undefined
}

/** An id as the wire has it. */
export function leashId(jti: Jti): string {
  return `${ID}${jti}`
}

/** Signs a leash (LEASHX-01, LEASHX-02); header exactly alg, typ, kid. */
export function signLeash(key: SigningKey, kid: string, claims: LeashClaims): Promise<string> {
  const payload: WireLeash = {
    iss: claims.issuer,
    sub: `${SUBJECT}${claims.lease}`,
    iat: claims.issuedAt,
    nbf: claims.notBefore,
    exp: claims.expiresAt,
    jti: leashId(claims.jti),
    'vettid:v': 1,
    'vettid:scope': claims.words,
    'vettid:grant_version': claims.grantVersion,
    'vettid:profile_version': claims.profileVersion,
    'vettid:agent_pubkey': claims.agentKey,
    'vettid:revocation_url': claims.revocationUrl,
    'vettid:audience': claims.audience,
  }
  return signCompact(key, { purpose: 'leash', typ: TYP, payload, kid })
}

/** Takes a leash apart, strictly: one spelling, `EdDSA` and `leash+jwt` alone, no other member. */
export function parseLeash(text: string): ParsedLeash | LeashFault {
  const [head = '', body = '', tail = '', ...more] = text.split('.')
  if (text.length > TOKEN_BYTES_MAX || more.length > 0) return 'malformed'
  const header = readPart(head)
  if (!isObject(header) || Object.keys(header).join() !== 'alg,typ,kid') return 'malformed'
  if (header['typ'] !== TYP) return 'header-typ'
  if (header['alg'] !== ALG) return 'header-alg'
  const [, , number] = KEY_ID.exec(String(header['kid'])) ?? []
  const payload = readPart(body)
  const signature = decodeBase64url(tail)
  if (number === undefined || signature?.length !== 64) return 'malformed'
  if (findFault(payload) !== undefined) return 'malformed'
  const wire = payload as WireLeash
  const claims = claimsOf(wire)
  const version = wire['vettid:v']
  return { claims, version, keyNumber: Number(number), signed: `${head}.${body}`, signature }
}

/** Whether the attestation key made the leash; a key for anything else never did. */
export async function isGenuineLeash(leash: ParsedLeash, key: VerificationKey): Promise<boolean> {
  if (key.purpose !== 'leash' || key.alg !== ALG) return false
  return isGenuineByNode(key, leash.signed, leash.signature)
}

/** Whether the bytes of a key that an agent brings are safe to verify with. */
export function isLeashHolderKey(key: string): boolean {
  const bytes = decodeBase64url(key)
  return bytes !== undefined && parseEd25519PublicKey(bytes).ok
}

/** Whether the key in the leash signed this text (UTF-8): the proof of possession of LEASHX-03. */
export async function holdsKey(agentKey: string, text: string, sig: string): Promise<boolean> {
  const publicKey = decodeBase64url(agentKey)
  const signature = decodeBase64url(sig)
  if (publicKey === undefined || signature?.length !== 64) return false
  if (!parseEd25519PublicKey(publicKey).ok) return false
  const key = { kid: agentKey, alg: ALG, purpose: 'leash', publicKey } as unknown as VerificationKey
  return isGenuineByNode(key, Buffer.from(text, 'utf8').toString('latin1'), signature)
}

function readPart(encoded: string): unknown {
  const bytes = decodeBase64url(encoded)
  const part = bytes === undefined ? undefined : decodeUtf8(bytes)
  return part === undefined ? undefined : readWrittenJson(part)
}

function leaseOf(subject: string): LeaseId | undefined {
  return subject.startsWith(SUBJECT) ? parseLeaseId(subject.slice(SUBJECT.length)) : undefined
}

function isScope(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0 || value.length > LEASH_WORDS_MAX) return false
  return value.every((word) => typeof word === 'string' && isLeashWord(word))
}

function claimsOf(wire: WireLeash): LeashClaims {
  return {
    issuer: wire.iss,
    lease: leaseOf(wire.sub) as LeaseId,
    jti: leashIdOf(wire.jti) as Jti,
    issuedAt: wire.iat as EpochSeconds,
    notBefore: wire.nbf as EpochSeconds,
    expiresAt: wire.exp as EpochSeconds,
    words: wire['vettid:scope'],
    grantVersion: wire['vettid:grant_version'],
    profileVersion: wire['vettid:profile_version'],
    agentKey: wire['vettid:agent_pubkey'],
    revocationUrl: wire['vettid:revocation_url'],
    audience: wire['vettid:audience'],
  }
}
