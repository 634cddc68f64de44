import type { Appraised } from '../../attestation/appraise.ts'
import type { Agent } from '../../domain/agent.ts'
import type { EvidenceDifference } from '../../domain/attestation.ts'
import { type Facts, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { subjectOf } from '../../domain/revocation.ts'
import type { Transaction } from '../../store/ports.ts'
import type { RecordDetails } from '../decide.ts'
import type { World } from '../world.ts'

/** What a proof came to: the agent as it now stands, or where it said something else. */
export type EvidenceVerdict =
  | { readonly kind: 'attested'; readonly agent: Agent }
  | { readonly kind: 'mismatched'; readonly found: readonly EvidenceDifference[] }

/**
 * The agent of a verdict. A mismatch is a refusal to the one who asked, `attestation_failed`; the
 * decision that stands behind it was to record it, so that nothing of it is undone.
 */
export function agentOf(verdict: Result<EvidenceVerdict>): Result<Agent> {
  if (!verdict.ok) return verdict
  const { value } = verdict
  if (value.kind === 'attested') return accept(value.agent)
  return refuse('attestation_failed', { mismatch: value.found.join(' ') })
}

/**
 * Evidence that says something else than before, in the transaction that found it: the record says
 * so, the owner is alerted, and the agent is suspended where the deployment wants that.
 */
export async function recordMismatch(
  world: World,
  tx: Transaction,
  found: {
    readonly agent: Agent
    readonly found: readonly EvidenceDifference[]
    readonly details: RecordDetails
  },
): Promise<void> {
  const { details } = found
  const { tenant, uri } = found.agent
  const subject = subjectOf('agent', uri)
  details.event = 'agent.mismatched'
  details.facts = { ...details.facts, mismatch: found.found.join(' ') }
  await tx.raiseAlert({
    tenant,
    kind: 'attestation.mismatch',
    severity: 'critical',
    subject,
    lease: null,
    facts: details.facts,
  })
  if (world.attestation?.suspendOnMismatch !== true) return
  const reason = 'evidence that differs from what is known'
  await tx.recordRevocation(tenant, { subject, effect: 'suspended', reason, at: tx.now })
}

/** What a record tells of an appraisal: hashes and names, never the evidence (I12). */
export function factsOf({ attestation, process }: Appraised): Facts {
  const { tier, evidenceHash, identity, code, reported } = attestation
  return {
    tier,
    evidence: evidenceHash,
    ...(identity === undefined ? {} : { identity }),
    ...(code === undefined ? {} : { code }),
    ...(reported === undefined
      ? {}
      : { self_reported: reported.map(({ name, digest }) => `${name}=${digest}`).join(' ') }),
    ...(process === undefined ? {} : { pid: process.pid, uid: process.uid }),
  }
}
