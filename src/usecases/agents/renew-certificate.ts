import type { Appraised, Evidence } from '../../attestation/appraise.ts'
import type { Agent } from '../../domain/agent.ts'
import {
  type ConnectionEnds,
  differences,
  keepingProgram,
  mayReplace,
} from '../../domain/attestation.ts'
import type { AgentUri } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { IssuedCertificate } from '../../pki/ca.ts'
import type { Transaction } from '../../store/ports.ts'
import {
  appraiseEvidence,
  type EvidenceToAppraise,
  keepProcess,
  takeEvidence,
} from '../attestation/appraise-evidence.ts'
import {
  agentOf,
  type EvidenceVerdict,
  factsOf,
  recordMismatch,
} from '../attestation/evidence-mismatch.ts'
import { type Caller, isPeer, requireOwnOwner, requireRole } from '../caller.ts'
import { decide, decideNo, type RecordDetails } from '../decide.ts'
import { attesterOf, type EnrolledAgent } from '../enrollment/enroll-agent.ts'
import type { World } from '../world.ts'
import { requireUsable } from './agent-standing.ts'

/** A request for a certificate, and evidence to be appraised with it. */
interface CertificateInput {
  readonly csrPem: string
  readonly evidence: Evidence
  /** The agent's own connection; absent when its owner asks. */
  readonly connection?: ConnectionEnds | undefined
}

/**
 * An agent gets a new certificate over the connection its present one made, and fresh evidence is
 * appraised. Evidence that says less than what is known leaves that as it is, and as old as it is;
 * evidence that contradicts it is refused and told (see `attestAgent`). Leases are held by name, so
 * the new certificate may use them; tokens stay bound to the certificate they were minted over. The
 * names in the certificate stay those of the enrollment.
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
 * whose key is lost. The evidence takes the place of what was known: so an owner accepts a new
 * release. What the old certificate may still do is ended by revoking `certificate:…`.
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
  const holder = isPeer(caller) ? uri : 'enrollment'
  const given = { tenant: caller.tenant, holder, evidence } as const
  const attester = { ...attesterOf(uri, csrPem), connection: input.connection }
  const appraised = await appraiseEvidence(world, { ...given, attester })
  if (!appraised.ok) {
    const refused = { result: appraised, facts: { agent: uri } }
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

  const decided = await decide<EvidenceVerdict>(world, caller, 'agent.renewed', (tx, details) =>
    replaceCertificate(world, tx, caller, {
      uri,
      details,
      given,
      appraised: appraised.value,
      certificate: certificate.value,
    }),
  )
  const agent = agentOf(decided.result)
  if (!agent.ok) return agent
  const { rootPem } = world.ca
  return accept({ agent: agent.value, certificate: certificate.value, rootPem })
}

async function replaceCertificate(
  world: World,
  tx: Transaction,
  caller: Caller,
  input: {
    readonly uri: AgentUri
    readonly details: RecordDetails
    readonly given: Pick<EvidenceToAppraise, 'tenant' | 'holder'>
    readonly appraised: Appraised
    readonly certificate: IssuedCertificate
  },
): Promise<Result<EvidenceVerdict>> {
  const { uri, details, appraised } = input
  details.facts = { agent: uri }
  const known = await tx.agent(caller.tenant, uri)
  if (known === undefined) return refuse('not_found', { agent: uri })
  const own = isPeer(caller)
  const may = own ? accept(undefined) : requireOwnOwner(caller, known.owner)
  if (!may.ok) return may
  const usable = await requireUsable(tx, known, own ? caller.certificate : undefined)
  if (!usable.ok) return usable
  const taken = await takeEvidence(tx, input.given, appraised)
  if (!taken.ok) return taken
  const { key, thumbprint } = input.certificate
  details.facts = { agent: uri, certificate: thumbprint, ...factsOf(appraised) }
  const fresh = appraised.attestation
  const found = own ? differences(known.attestation, fresh, 'passes') : []
  if (found.length > 0) {
    await recordMismatch(world, tx, { agent: known, found, details })
    return accept({ kind: 'mismatched', found })
  }
  const claimed = await tx.claimKey({ key, tenant: known.tenant, uri, at: tx.now })
  if (!claimed.ok) return claimed
  const counts = !own || mayReplace(known.attestation, fresh)
  const kept = own ? keepingProgram(known.attestation, fresh) : fresh
  const attestation = counts ? kept : known.attestation
  const agent: Agent = { ...known, certificate: thumbprint, attestation }
  await tx.updateAgent(agent)
  if (counts) await keepProcess(tx, agent, appraised)
  return accept({ kind: 'attested', agent })
}
