import { accept, type Result } from '../../domain/result.ts'
import { type ProvenKey, verifyProof } from '../../token/dpop.ts'
import { onlyProof } from '../../token/proof-header.ts'
import type { World } from '../world.ts'

/** A request to the authority, as far as a proof of possession is about it. */
export interface ProvableRequest {
  readonly method: string
  /** As its client wrote it; a query counts for nothing. */
  readonly url: string
  /** Every `DPoP` header it came with. */
  readonly proofs: readonly string[]
}

/**
 * The key that the sender of a request holds (RFC 9449 §5); undefined where it proves none. What
 * the request comes to has to take the proof (`requireBinding`), or it could be shown again.
 * Refusal: `proof_invalid`.
 */
export async function proveKey(
  { store }: Pick<World, 'store'>,
  { method, url, proofs }: ProvableRequest,
): Promise<Result<ProvenKey | undefined>> {
  if (proofs.length === 0) return accept(undefined)
  const only = onlyProof(proofs)
  if (!only.ok) return only
  return verifyProof({ jwt: only.value, method, url }, { token: undefined, now: store.now() })
}
