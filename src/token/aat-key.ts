import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import type { KeyThumbprint } from '../domain/ids.ts'
import { decodeBase64url } from './base64url.ts'
import { createMemory } from './memory.ts'
import { isObject } from './shape.ts'
import { parseEd25519PublicKey } from './weak-keys.ts'

/**
 * How links and proofs may be signed (AAT §9.12): by fully specified names alone (RFC 9864), so
 * that `EdDSA` is none of them.
 */
export type AatAlg = 'Ed25519' | 'ES256'

/** A public key good for one algorithm: a trust anchor, or the holder of a link. */
export interface AatKey {
  readonly alg: AatAlg
  /** RFC 7638, SHA-256. */
  readonly thumbprint: KeyThumbprint
  readonly key: KeyObject
}

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
/** Holders come back with every call; checking that a key is not weak takes a millisecond. */
const KEYS_KEPT = 1_024
const known = createMemory<AatKey>(KEYS_KEPT)

/**
 * The key of a JWK, or undefined: a private or symmetric member, another type or curve, a spelling
 * that is not canonical, a point that is weak or not on the curve, or a stated use or algorithm
 * that is another.
 */
export function readAatKey(jwk: unknown): AatKey | undefined {
  if (!isObject(jwk)) return undefined
  if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(jwk, member))) return undefined
  const { kty, crv, use, alg: stated } = jwk
  const alg = kty === 'OKP' && crv === 'Ed25519' ? 'Ed25519' : undefined
  const chosen = alg ?? (kty === 'EC' && crv === 'P-256' ? 'ES256' : undefined)
  if (chosen === undefined) return undefined
  if (use !== undefined && use !== 'sig') return undefined
  if (stated !== undefined && stated !== chosen) return undefined
  return chosen === 'Ed25519' ? edwardsKey(jwk) : curveKey(jwk)
}

/** The name of a holder as the issuer of what it derives (RFC 9278). */
export function thumbprintUri({ thumbprint }: AatKey): string {
  return `urn:ietf:params:oauth:jwk-thumbprint:sha-256:${thumbprint}`
}

function edwardsKey({ x }: Readonly<Record<string, unknown>>): AatKey | undefined {
  const bytes = typeof x === 'string' ? decodeBase64url(x) : undefined
  if (typeof x !== 'string' || bytes === undefined) return undefined
  const canonical = JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x })
  return remembered(canonical, 'Ed25519', () => parseEd25519PublicKey(bytes).ok)
}

function curveKey({ x, y }: Readonly<Record<string, unknown>>): AatKey | undefined {
  if (!isCoordinate(x) || !isCoordinate(y)) return undefined
  // Node refuses a point that is not on the curve; P-256 has no points of small order.
  return remembered(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y }), 'ES256', () => true)
}

function isCoordinate(value: unknown): boolean {
  return typeof value === 'string' && decodeBase64url(value)?.length === 32
}

/** `canonical` is the JWK as its thumbprint is made of it: required members, sorted. */
function remembered(canonical: string, alg: AatAlg, isSound: () => boolean): AatKey | undefined {
  const before = known.recall(canonical)
  if (before !== undefined) return before
  const key = isSound() ? imported(canonical) : undefined
  if (key === undefined) return undefined
  const thumbprint = createHash('sha256').update(canonical).digest('base64url') as KeyThumbprint
  const fresh: AatKey = { alg, thumbprint, key }
  known.keep(canonical, fresh)
  return fresh
}

function imported(canonical: string): KeyObject | undefined {
  try {
    return createPublicKey({ format: 'jwk', key: JSON.parse(canonical) })
  } catch {
    return undefined
  }
}
