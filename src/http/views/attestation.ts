import type { z } from '@hono/zod-openapi'
import type { AttestationResult } from '../../domain/attestation.ts'
import type { attestationOut } from '../schemas/attestation.ts'
import { timeText } from './time.ts'

/** An attestation result (RFC 9334) for the wire. */
export function attestationView(result: AttestationResult): z.input<typeof attestationOut> {
  const { tier, method, verifier, evidenceHash, at } = result
  return { tier, method, verifier, evidence_hash: evidenceHash, at: timeText(at) }
}
