import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import type { KeyThumbprint } from '../domain/ids.ts'
import { decodeBase64url } from './base64url.ts'
import { createMemory } from './memory.ts'
import { isObject } from './shape.ts'
import { parseEd25519PublicKey } from './weak-keys.ts'

/** A public key that came with a proof, fit to verify with. */
export interface ProofKey {
  /** RFC 7638, SHA-256: `jkt`. */
  readonly thumbprint: KeyThumbprint
  readonly key: KeyObject
  readonly kind: 'Ed25519' | 'P-256'
}

/** Names in a header that each kind of key answers to; `Ed25519` is that of RFC 9864. */
export const ALGS_OF: Readonly<Record<ProofKey['kind'], readonly string[]>> = {
  Ed25519: ['EdDSA', 'Ed25519'],
  'P-256': ['ES256'],
}

/** Judging an Ed25519 key takes a millisecond, and a client proves the same one many times. */
const KEYS_KEPT = 1_024
const known = createMemory<ProofKey>(KEYS_KEPT)
const COORDINATE_BYTES = 32
/** What may stand in the key; anything else is private, symmetric or of another kind. */
const MEMBERS: ReadonlySet<string> = new Set([
  'kty',
  'crv',
  'x',
  'y',
  'alg',
  'use',
  'kid',
  'key_ops',
  'ext',
])

/**
 * Reads the `jwk` of a proof: an Ed25519 or P-256 public key in canonical spelling and nothing
 * private beside it; no weak Ed25519 key (`parseEd25519PublicKey`), no point off the curve.
 * Undefined for every other. Remembers good keys by their thumbprint, which is a reading, not a
 * verdict.
 */
export function readProofKey(jwk: unknown): ProofKey | undefined {
  if (!isObject(jwk) || Object.keys(jwk).some((member) => !MEMBERS.has(member))) return undefined
  const { use, alg } = jwk
  if (use !== undefined && use !== 'sig') return undefined
  const public_ = publicMembers(jwk)
  if (public_ === undefined) return undefined
  const kind = public_.crv
  if (alg !== undefined && !ALGS_OF[kind].some((name) => name === alg)) return undefined
  // Members in the order of RFC 7638 §3.2, and only the required ones.
  const text = JSON.stringify(public_)
  const thumbprint = createHash('sha256').update(text).digest('base64url') as KeyThumbprint
  const remembered = known.recall(thumbprint)
  if (remembered !== undefined) return remembered
  const key = importKey(public_)
  if (key === undefined) return undefined
  const read = { thumbprint, key, kind }
  known.keep(thumbprint, read)
  return read
}

type PublicMembers =
  | { readonly crv: 'Ed25519'; readonly kty: 'OKP'; readonly x: string }
  | { readonly crv: 'P-256'; readonly kty: 'EC'; readonly x: string; readonly y: string }

function publicMembers({ kty, crv, x, y }: Readonly<Record<string, unknown>>) {
  let members: PublicMembers | undefined
  if (!isCoordinate(x)) return members
  if (kty === 'OKP' && crv === 'Ed25519' && y === undefined) members = { crv, kty, x }
  if (kty === 'EC' && crv === 'P-256' && isCoordinate(y)) members = { crv, kty, x, y }
  return members
}

function isCoordinate(value: unknown): value is string {
  return typeof value === 'string' && decodeBase64url(value)?.length === COORDINATE_BYTES
}

function importKey(jwk: PublicMembers): KeyObject | undefined {
  const bytes = decodeBase64url(jwk.x)
  if (jwk.crv === 'Ed25519' && (bytes === undefined || !parseEd25519PublicKey(bytes).ok)) {
    return undefined
  }
  try {
    return createPublicKey({ format: 'jwk', key: { ...jwk } })
  } catch {
    return undefined
  }
}
