import type { Appraised, Evidence } from '../../attestation/appraise.ts'
import type { Agent } from '../../domain/agent.ts'
import { type ConnectionEnds, differences, keepingProgram } from '../../domain/attestation.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Transaction } from '../../store/ports.ts'
import { requireUsable } from '../agents/agent-standing.ts'
import { type AgentCaller, type Caller, isPeer } from '../caller.ts'
import { decide, decideNo, type RecordDetails } from '../decide.ts'
import type { World } from '../world.ts'
import { appraiseEvidence, keepProcess, takeEvidence } from './appraise-evidence.ts'
import { agentOf, type EvidenceVerdict, factsOf, recordMismatch } from './evidence-mismatch.ts'

/**
 * An agent proves itself again over the connection of its certificate, with fresh evidence of any
 * method that names a nonce of its own. What says no less than before takes its place. What says
 * something else, or less, changes nothing: it is recorded, the owner is alerted, and the agent is
 * refused (LEASH-35). A new release or identity is accepted by the owner, with a new certificate.
 * Refusals: `forbidden`, `attestation_failed`, `status_unknown`, `revoked`, `suspended`.
 */
export async function attestAgent(
  world: World,
  caller: Caller,
  input: { readonly evidence: Evidence; readonly connection: ConnectionEnds | undefined },
): Promise<Result<Agent>> {
  if (!isPeer(caller)) return refuse('forbidden', { kind: caller.kind })
  const { evidence, connection } = input
  const given = { tenant: caller.tenant, holder: caller.uri, evidence, fresh: true }
  const attester = { uri: caller.uri, requestHash: caller.certificate, connection }
  const appraised = await appraiseEvidence(world, { ...given, attester })
  if (!appraised.ok) {
    const refused = { result: appraised, facts: { agent: caller.uri, method: evidence.method } }
    return decideNo(world, caller, 'agent.attested', refused)
  }
  const decided = await decide<EvidenceVerdict>(
    world,
    caller,
    'agent.attested',
    async (tx, details) => {
      details.facts = { agent: caller.uri, method: evidence.method }
      const taken = await takeEvidence(tx, given, appraised.value)
      return taken.ok ? judge(world, tx, caller, appraised.value, details) : taken
    },
  )
  return agentOf(decided.result)
}

async function judge(
  world: World,
  tx: Transaction,
  caller: AgentCaller,
  appraised: Appraised,
  details: RecordDetails,
): Promise<Result<EvidenceVerdict>> {
  const known = await tx.agent(caller.tenant, caller.uri)
  if (known === undefined) return refuse('not_found', { agent: caller.uri })
  const usable = await requireUsable(tx, known, caller.certificate)
  if (!usable.ok) return usable
  const { attestation } = appraised
  details.facts = { ...details.facts, ...factsOf(appraised) }
  const found = differences(known.attestation, attestation, 'counts')
  if (found.length > 0) {
    await recordMismatch(world, tx, { agent: known, found, details })
    return accept({ kind: 'mismatched', found })
  }
  const agent: Agent = { ...known, attestation: keepingProgram(known.attestation, attestation) }
  await tx.updateAgent(agent)
  await keepProcess(tx, agent, appraised)
  return accept({ kind: 'attested', agent })
}
