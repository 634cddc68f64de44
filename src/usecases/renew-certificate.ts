import type { Evidence } from '../attestation/appraise.ts'
import type { Agent } from '../domain/agent.ts'
import type { AgentUri } from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { requireUsable } from './agent-standing.ts'
import { type Caller, isPeer, requireOwnOwner, requireRole } from './caller.ts'
import { decide, decideNo } from './decide.ts'
import { attesterOf, type EnrolledAgent } from './enroll-agent.ts'
import type { World } from './world.ts'

/** A request for a certificate, and evidence to be appraised with it. */
interface CertificateInput {
  readonly csrPem: string
  readonly evidence: Evidence
}

/**
 * An agent gets a new certificate over the connection its present one made, and fresh evidence is
 * appraised. Leases are held by name, so the new certificate may use them; tokens stay bound to the
 * certificate they were minted over. The names in the certificate stay those of the enrollment.
 */
export async function renewCertificate(
  world: World,
  caller: Caller,
  input: CertificateInput,
): Promise<Result<EnrolledAgent>> {
  if (!isPeer(caller)) return refuse('forbidden', { kind: caller.kind })
  return certify(world, caller, { ...input, uri: caller.uri })
}

/**
 * The agent's own owner (LEASH-02) certifies a new key of an agent whose certificate has run out or
 * whose key is lost. What the old certificate may still do is ended by revoking `certificate:…`.
 */
export async function reissueCertificate(
  world: World,
  caller: Caller,
  input: CertificateInput & { readonly agent: AgentUri },
): Promise<Result<EnrolledAgent>> {
  const owner = requireRole(caller, 'owner')
  return owner.ok ? certify(world, caller, { ...input, uri: input.agent }) : owner
}

async function certify(
  world: World,
  caller: Caller,
  input: CertificateInput & { readonly uri: AgentUri },
): Promise<Result<EnrolledAgent>> {
  const { uri, csrPem, evidence } = input
  const enrolled = await world.store.read((reads) => reads.agent(caller.tenant, uri))
  if (enrolled === undefined) return refuse('not_found', { agent: uri })
  const attestation = world.appraise(evidence, attesterOf(uri, csrPem), world.store.now())
  if (!attestation.ok) {
    const refused = { result: attestation, facts: { agent: uri } }
    return decideNo(world, caller, 'agent.renewed', refused)
  }
  const { serverNames } = enrolled
  const certificate = await world.ca.issueAgent({
    csrPem,
    uri,
    serverNames,
    now: world.clock.now(),
  })
  if (!certificate.ok) return certificate

  const decided = await decide<Agent>(world, caller, 'agent.renewed', async (tx, details) => {
    details.facts = { agent: uri }
    const known = await tx.agent(caller.tenant, uri)
    if (known === undefined) return refuse('not_found', { agent: uri })
    const shown = isPeer(caller) ? caller.certificate : undefined
    const may = isPeer(caller) ? accept(undefined) : requireOwnOwner(caller, known.owner)
    if (!may.ok) return may
    const usable = await requireUsable(tx, known, shown)
    if (!usable.ok) return usable
    const { key, thumbprint } = certificate.value
    const claimed = await tx.claimKey({ key, tenant: known.tenant, uri, at: tx.now })
    if (!claimed.ok) return claimed
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
