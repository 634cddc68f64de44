import type { z } from '@hono/zod-openapi'
import type { AgentAttestation, AttestationResult } from '../../domain/attestation.ts'
import { timeText } from '../../listener/time-text.ts'
import type { DrawnNonce } from '../../usecases/attestation/issue-nonce.ts'
import type { agentAttestationOut, attestationOut, nonceOut } from '../schemas/attestation.ts'

/** An attestation result (RFC 9334) for the wire. */
export function attestationView(result: AttestationResult): z.input<typeof attestationOut> {
  const { tier, method, verifier, evidenceHash, at } = result
  return { tier, method, verifier, evidence_hash: evidenceHash, at: timeText(at) }
}

/** The result of an agent’s newest accepted proof, with what it was about. */
export function agentAttestationView(kept: AgentAttestation): z.input<typeof agentAttestationOut> {
  const { identity, code, reported, program } = kept
  return {
    ...attestationView(kept),
    ...(identity === undefined ? {} : { identity }),
    ...(code === undefined ? {} : { code }),
    ...(reported === undefined ? {} : { self_reported: reported.map((entry) => ({ ...entry })) }),
    ...(program === undefined ? {} : { program }),
  }
}

/** A nonce; told once, kept as its hash. */
export function nonceView({ nonce, expiresAt }: DrawnNonce): z.input<typeof nonceOut> {
  return { nonce, expires_at: timeText(expiresAt) }
}
