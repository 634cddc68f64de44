import type { Evidence } from '../attestation/appraise.ts'
import type { Agent } from '../domain/agent.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { requireUsable } from './agent-standing.ts'
import { type Caller, isPerson } from './caller.ts'
import { decide } from './decide.ts'
import { attesterOf, type EnrolledAgent } from './enroll-agent.ts'
import type { World } from './world.ts'

/**
 * An agent gets a new certificate over the connection its present one made, and fresh evidence is
 * appraised. Leases are held by name, so the new certificate may use them; tokens stay bound to the
 * certificate they were minted over.
 */
export async function renewCertificate(
  world: World,
  caller: Caller,
  input: { readonly csrPem: string; readonly evidence: Evidence },
): Promise<Result<EnrolledAgent>> {
  if (isPerson(caller)) return refuse('forbidden', { kind: caller.kind })
  const { uri } = caller
  const now = world.clock.now()
  const attestation = world.appraise(input.evidence, attesterOf(uri, input.csrPem), now)
  if (!attestation.ok) return attestation
  const certificate = await world.ca.issueAgent({ csrPem: input.csrPem, uri, now })
  if (!certificate.ok) return certificate

  const decided = await decide<Agent>(world, caller, 'agent.renewed', async (tx, details) => {
    const known = await tx.agent(caller.tenant, uri)
    if (known === undefined) return refuse('not_found', { agent: uri })
    const usable = await requireUsable(tx, known, caller.certificate)
    if (!usable.ok) return usable
    const { thumbprint } = certificate.value
    const agent: Agent = { ...known, certificate: thumbprint, attestation: attestation.value }
    details.facts = { agent: uri, certificate: thumbprint }
    await tx.updateAgent(agent)
    return accept(agent)
  })
  const { result } = decided
  if (!result.ok) return result
  const { rootPem } = world.ca
  return accept({ agent: result.value, certificate: certificate.value, rootPem })
}
