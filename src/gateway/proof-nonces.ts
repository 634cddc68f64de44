import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { PROOF_NONCE_SECONDS } from '../domain/limits.ts'
import type { Clock } from '../domain/time.ts'

/** Nonces that proofs of possession have to carry (RFC 9449 §9). */
export interface ProofNonces {
  /** One that counts from now on. */
  issue(): string
  counts(nonce: string): boolean
}

/**
 * Nonces of this process: a MAC over the span of time they are for, so that none is stored and none
 * can be made ahead. A nonce of another process does not count; its client is given one of ours.
 * They only say that a proof was made lately: that it is shown once, the store remembers.
 */
export function createProofNonces(clock: Clock): ProofNonces {
  const secret = randomBytes(32)
  const of = (span: number) =>
    createHmac('sha256', secret).update(`proof nonce ${span}`).digest('base64url')
  const spanNow = () => Math.floor(clock.now() / PROOF_NONCE_SECONDS)
  return {
    issue: () => of(spanNow()),
    counts: (nonce) => [spanNow(), spanNow() - 1].some((span) => isSame(nonce, of(span))),
  }
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
