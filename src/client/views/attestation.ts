import type { AttestationTier } from '../../domain/scope/types.ts'

/** An attestation result as the API shows it; times are RFC 3339 in UTC. */
export interface AttestationView {
  readonly tier: AttestationTier
  readonly method: string
  readonly verifier: string
  readonly evidence_hash: string
  readonly at: string
}

/** The result of an agent's newest accepted proof, and what has to stay the same. */
export interface AgentAttestationView extends AttestationView {
  readonly identity?: string
  readonly code?: string
  readonly self_reported?: readonly { readonly name: string; readonly digest: string }[]
}

/** A nonce for one piece of evidence. */
export interface NonceView {
  readonly nonce: string
  readonly expires_at: string
}
