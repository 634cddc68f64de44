import type { Agent } from '../../domain/agent.ts'
import type { CertificateThumbprint } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { type RevocationSubject, subjectOf } from '../../domain/revocation.ts'
import type { Reads } from '../../store/ports.ts'

/**
 * Refuses `revoked` or `suspended` when anything stands against the agent itself: the agent, its
 * owner, its tenant, or the certificate it presents.
 */
export async function requireUsable(
  reads: Reads,
  agent: Agent,
  certificate?: CertificateThumbprint,
): Promise<Result<void>> {
  const subjects: RevocationSubject[] = [
    subjectOf('agent', agent.uri),
    subjectOf('principal', agent.owner),
    subjectOf('tenant', agent.tenant),
  ]
  if (certificate !== undefined) subjects.push(subjectOf('certificate', certificate))
  const rows = await reads.revocations(agent.tenant, subjects)
  const worst = rows.find((row) => row.effect === 'revoked') ?? rows[0]
  if (worst === undefined) return accept(undefined)
  return refuse(worst.effect, { subject: worst.subject })
}
