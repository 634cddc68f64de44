import { createHash } from 'node:crypto'
import type { Evidence } from '../../attestation/appraise.ts'
import type { Agent } from '../../domain/agent.ts'
import { completeContract } from '../../domain/contract.ts'
import { parseAgentUri, parsePrincipalId } from '../../domain/ids.ts'
import { type Facts, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { ScopeRequest } from '../../domain/scope/types.ts'
import { areServerNames } from '../../domain/server-name.ts'
import { type ContractTerms, OPEN_TERMS } from '../../domain/terms.ts'
import type { IssuedCertificate } from '../../pki/ca.ts'
import { appraiseEvidence, takeEvidence } from '../attestation/appraise-evidence.ts'
import { type Caller, requireRole } from '../caller.ts'
import { decide, decideNo } from '../decide.ts'
import type { World } from '../world.ts'
import { insertNamed } from './own-name.ts'

/** An agent with a fresh certificate over the key it proved to hold. */
export interface EnrolledAgent {
  readonly agent: Agent
  readonly certificate: IssuedCertificate
  readonly rootPem: string
}

/** What an owner enrolls. */
export interface EnrollInput {
  readonly name: string
  readonly role: Agent['role']
  readonly serverNames: readonly string[]
  readonly csrPem: string
  readonly contract: ScopeRequest
  readonly terms?: ContractTerms | undefined
  readonly evidence: Evidence
}

const SERVER_NAMES_REASON = {
  pointer: '/server_names',
  code: 'server_names',
  detail: 'Lowercase DNS names and IP addresses, each once, for enforcement points alone.',
}

/**
 * An owner enrolls an agent (or an enforcement point) with its contract. The agent's private key
 * never comes here: what comes is a request signed with it. The owner becomes the accountable
 * principal, and approves the server names of an enforcement point.
 * Refusals: `forbidden`, `malformed`, `attestation_failed`, `conflict`.
 */
export async function enrollAgent(
  world: World,
  caller: Caller,
  input: EnrollInput,
): Promise<Result<EnrolledAgent>> {
  const owner = requireRole(caller, 'owner')
  if (!owner.ok) return owner
  const path = input.role === 'agent' ? 'agent' : 'gateway'
  const uri = parseAgentUri(`spiffe://${world.trustDomain}/${path}/${input.name}`)
  const principal = parsePrincipalId(owner.value.name)
  if (uri === undefined || principal === undefined || input.name.includes('/')) {
    const detail = 'A name is one segment of letters, digits, dot, underscore and hyphen.'
    return refuse('malformed', {}, [{ pointer: '/name', code: 'name', detail }])
  }
  const { serverNames, csrPem } = input
  if (!areServerNames(serverNames) || (serverNames.length > 0 && input.role === 'agent')) {
    return refuse('malformed', {}, [SERVER_NAMES_REASON])
  }
  const contract = completeContract(input.contract)
  if (!contract.ok) return contract
  const { evidence } = input
  const given = { tenant: caller.tenant, holder: 'enrollment', evidence } as const
  const attester = attesterOf(uri, csrPem)
  const appraised = await appraiseEvidence(world, { ...given, attester })
  if (!appraised.ok) {
    const refused = { result: appraised, facts: { agent: uri } }
    return decideNo(world, caller, 'agent.enrolled', refused)
  }
  const now = world.clock.now()
  const certificate = await world.ca.issueAgent({ csrPem, uri, serverNames, now })
  if (!certificate.ok) return certificate

  const { key, thumbprint } = certificate.value
  const fresh: Omit<Agent, 'enrolledAt'> = {
    tenant: caller.tenant,
    uri,
    role: input.role,
    owner: principal,
    contract: contract.value,
    terms: input.terms ?? OPEN_TERMS,
    contractVersion: 1,
    certificate: thumbprint,
    serverNames,
    attestation: appraised.value.attestation,
  }
  const decided = await decide<Agent>(world, caller, 'agent.enrolled', async (tx, details) => {
    const agent: Agent = { ...fresh, enrolledAt: tx.now }
    details.facts = enrolledFacts(agent)
    const inserted = await insertNamed(tx, agent)
    if (!inserted.ok) return inserted
    const claimed = await tx.claimKey({ key, tenant: caller.tenant, uri, at: tx.now })
    if (!claimed.ok) return claimed
    const taken = await takeEvidence(tx, given, appraised.value)
    return taken.ok ? accept(agent) : taken
  })
  const { result } = decided
  if (!result.ok) return result
  const { rootPem } = world.ca
  return accept({ agent: result.value, certificate: certificate.value, rootPem })
}

function enrolledFacts({ uri, role, certificate, serverNames }: Agent): Facts {
  const named = serverNames.length === 0 ? {} : { serverNames: serverNames.join(' ') }
  return { agent: uri, role, certificate, ...named }
}

/** The attester as the appraisal knows it: by name, and by the request whose key was proven. */
export function attesterOf(
  uri: Agent['uri'],
  csrPem: string,
): { readonly uri: Agent['uri']; readonly requestHash: string } {
  return { uri, requestHash: createHash('sha256').update(csrPem).digest('base64url') }
}
