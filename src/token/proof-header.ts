import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'

/** The algorithms of proofs; which one a key is for, its kind says (RFC 8725 §3.1). */
export const PROOF_ALGS = ['EdDSA', 'ES256'] as const

/** A proof as it came with a request; nothing in it was looked at. */
export interface PresentedProof {
  /** The value of the one `DPoP` header. */
  readonly jwt: string
  readonly method: string
  /** The address of the request as its client wrote it, with or without a query. */
  readonly url: string
  /** Where nonces are asked for: whether this one was given out and still counts. */
  readonly isNonce?: (nonce: string) => boolean
  /** Whether its nonce was refused already, by an enforcement point that asks for one. */
  readonly nonceRefused?: true | undefined
}

/**
 * The proof of the one `DPoP` header of a request. Two could be meant for two readers, so they are
 * refused, and so is none: `proof_invalid`.
 */
export function onlyProof(headers: readonly string[] | undefined): Result<string> {
  const [only, second] = headers ?? []
  // Some readers join what came twice, and no proof has a comma or a space in it.
  const plain = only !== undefined && second === undefined && /^[A-Za-z0-9._-]+$/.test(only)
  return plain ? accept(only) : refuse('proof_invalid', { proof: 'header' })
}
