import type { Agent } from '../../domain/agent.ts'
import type { AgentCaller } from '../caller.ts'

/** What an agent is known by in CDP: 32 bytes. */
export interface AgentFingerprint {
  readonly bytes: Buffer
  /** base64url of the same, where it is that of a measured process; else null. */
  readonly process: string | null
}

const MEASURED = /^sha-256:([A-Za-z0-9_-]{43})$/

/**
 * The fingerprint of an agent: of its process, as CDPX-05 writes it, where the authority measured
 * one; else the SHA-256 of the certificate it presents.
 */
export function agentFingerprint(
  { attestation }: Pick<Agent, 'attestation'>,
  { certificate }: Pick<AgentCaller, 'certificate'>,
): AgentFingerprint {
  const { method, evidenceHash } = attestation
  const process = method === 'process' ? (MEASURED.exec(evidenceHash)?.[1] ?? null) : null
  return { bytes: Buffer.from(process ?? certificate, 'base64url'), process }
}
