import { Point } from '@noble/ed25519'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'

const PUBLIC_KEY_BYTES = 32

/**
 * The bytes of an Ed25519 public key that is safe to verify with, or the refusal `malformed`.
 *
 * Node and Web Crypto import any 32 bytes that decode to a curve point. For some of these a fixed
 * signature verifies every message, and for others verifiers disagree. So the bytes must be the
 * canonical encoding (RFC 8032 §5.1.3) of a point of the prime-order group: no small order, no
 * small-order component. To be called wherever a key enters; takes about a millisecond.
 */
export function parseEd25519PublicKey(bytes: Uint8Array): Result<Uint8Array> {
  if (bytes.length !== PUBLIC_KEY_BYTES) return weak('An Ed25519 public key has 32 bytes.')
  const point = decode(bytes)
  if (point === undefined) return weak('Not the canonical encoding of a curve point.')
  if (point.isSmallOrder()) return weak('A point of small order signs nothing.')
  if (!point.isTorsionFree()) return weak('The point is outside the prime-order group.')
  return accept(bytes)
}

function decode(bytes: Uint8Array): Point | undefined {
  try {
    return Point.fromBytes(bytes)
  } catch {
    return undefined
  }
}

function weak(detail: string): Result<never> {
  return refuse('malformed', { key: 'ed25519' }, [{ pointer: '', code: 'weak_key', detail }])
}
