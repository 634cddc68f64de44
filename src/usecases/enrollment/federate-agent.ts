import type { Agent } from '../../domain/agent.ts'
import { hasGivenShape } from '../../domain/agent-name.ts'
import { completeContract } from '../../domain/contract.ts'
import { parseAgentUri, parsePrincipalId, trustDomainOf } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { ScopeRequest } from '../../domain/scope/types.ts'
import { type ContractTerms, OPEN_TERMS } from '../../domain/terms.ts'
import { readFederatedCertificate } from '../../pki/federated-certificate.ts'
import type { Leaf } from '../../pki/leaf.ts'
import { appraiseEvidence } from '../attestation/appraise-evidence.ts'
import { type Caller, requireRole } from '../caller.ts'
import { decide } from '../decide.ts'
import type { World } from '../world.ts'
import { attesterOf } from './enroll-agent.ts'

/** A federated agent, and the root certificate it has to trust to speak with us. */
export interface FederatedAgent {
  readonly agent: Agent
  readonly rootPem: string
}

/** An agent that has its name and certificate from the authority of another trust domain. */
export interface FederateInput {
  readonly id: string
  /** PEM of the certificate it presents now. */
  readonly certificatePem: string
  readonly contract: ScopeRequest
  readonly terms?: ContractTerms | undefined
}

/**
 * An owner lets in an agent of another trust domain, whose bundle is configured here. Its own
 * authority goes on certifying it; the contract is set here, and the owner becomes its accountable
 * principal. Nothing is known of how it runs: its tier is `none` until it attests itself. Ids of
 * the shape that Writ gives are refused, since the names in policies and on screens would be ours.
 * Refusals: `forbidden`, `malformed`, `conflict`.
 */
export async function federateAgent(
  world: World,
  caller: Caller,
  input: FederateInput,
): Promise<Result<FederatedAgent>> {
  const owner = requireRole(caller, 'owner')
  if (!owner.ok) return owner
  const principal = parsePrincipalId(owner.value.name)
  if (principal === undefined) return refuse('forbidden', { kind: caller.kind })
  const leaf = readLeafOf(world, input)
  if (!leaf.ok) return leaf
  const contract = completeContract(input.contract)
  if (!contract.ok) return contract
  const { uri, certificate } = leaf.value
  const { tenant } = caller
  const appraised = await appraiseEvidence(world, {
    tenant,
    holder: 'enrollment',
    evidence: { method: 'none' },
    attester: attesterOf(uri, input.certificatePem),
  })
  if (!appraised.ok) return appraised

  const fresh: Omit<Agent, 'enrolledAt'> = {
    ...{ tenant, uri, role: 'agent', owner: principal, contract: contract.value },
    terms: input.terms ?? OPEN_TERMS,
    contractVersion: 1,
    certificate,
    serverNames: [],
    attestation: appraised.value.attestation,
  }
  const { result } = await decide<Agent>(world, caller, 'agent.enrolled', async (tx, details) => {
    const agent: Agent = { ...fresh, enrolledAt: tx.now }
    details.facts = { agent: uri, role: agent.role, certificate, trustDomain: trustDomainOf(uri) }
    const inserted = await tx.insertAgent(agent)
    return inserted.ok ? accept(agent) : inserted
  })
  return result.ok ? accept({ agent: result.value, rootPem: world.ca.rootPem }) : result
}

/** The certificate of the agent, once the id is one that may be let in. */
function readLeafOf(world: World, { id, certificatePem }: FederateInput): Result<Leaf> {
  const uri = parseAgentUri(id)
  if (uri === undefined) return unfit('Not a SPIFFE id with a path.')
  const trustDomain = trustDomainOf(uri)
  if (trustDomain === world.trustDomain) {
    return unfit('Of our own trust domain: enroll it, so that our authority certifies it.')
  }
  const bundles = world.federation?.bundles()
  if (bundles?.trustDomains.includes(trustDomain) !== true) {
    return unfit(`There is no bundle of the trust domain ${trustDomain} here.`)
  }
  if (hasGivenShape(uri))
    return unfit('Of the shape that Writ gives: it would bear the name of ours.')
  return readFederatedCertificate(certificatePem, { uri, bundles, now: world.clock.now() })
}

function unfit(detail: string): Result<never> {
  return refuse('malformed', {}, [{ pointer: '/id', code: 'id', detail }])
}
