import type { CallVerdict, JudgeCall } from '../admission/ports.ts'
import type { Agent } from '../domain/agent.ts'
import type { AttestationResult } from '../domain/attestation.ts'
import type { AgentUri, CertificateThumbprint, LeaseId, TenantId } from '../domain/ids.ts'
import { depthOf, type Lease, rootOf } from '../domain/lease.ts'
import { RECORDED_CHARACTERS_MAX } from '../domain/limits.ts'
import {
  type CallQuestion,
  FREE_RESPONSE,
  type PolicyAgent,
  type PolicyFacts,
  type PolicyInput,
  type PolicyVerdict,
} from '../domain/policy.ts'
import { type Facts, refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { ScopeRequest } from '../domain/scope/types.ts'
import type { EpochSeconds } from '../domain/time.ts'
import type { ConsentNeed } from './approvals/consent.ts'
import type { World } from './world.ts'

/** Enough of a version to tell two sets apart in a record. */
const VERSION_CHARACTERS = 12

/** Where there are no policies, contracts alone decide. */
const NO_POLICY: PolicyVerdict = {
  policy: '',
  effect: 'allow',
  asking: [],
  approvals: 0,
  obligations: FREE_RESPONSE,
}

/**
 * Asks the policies in force. Everything but a no is a verdict, also one that waits for people:
 * whoever asks decides what to do about that. Pure but for which set is in force; reads nothing.
 * Refusals: `policy_denied`, `quarantined`. The names of rules go into facts, never to the wire
 * (CRP-21): whoever asked is told where it asked for too much, and not by which rule.
 */
export function askPolicy(
  world: Pick<World, 'policies'>,
  input: PolicyInput,
): Result<PolicyVerdict> {
  const set = world.policies?.current()
  if (set === undefined) return accept(NO_POLICY)
  const { effect, rules, beyond, ...rest } = set.decide(input)
  const policy = rules.join(' ')
  if (effect === 'allow' || effect === 'require_approval') {
    return accept({ ...rest, policy, effect })
  }
  const facts = { policy: rules.length === 0 ? 'default' : policy, ...versionFacts(set.version) }
  if (effect === 'quarantine') return refuse('quarantined', facts)
  const detail = 'No policy allows this.'
  return refuse(
    'policy_denied',
    facts,
    beyond.map((pointer) => ({ pointer, code: 'policy_denied', detail })),
  )
}

/** Nobody can be asked in the middle of a call. Refusal: `approval_required`. */
function requireNoApproval(verdict: PolicyVerdict): Result<PolicyVerdict> {
  const { effect, approvals, policy } = verdict
  return effect === 'allow' ? accept(verdict) : refuse('approval_required', { approvals, policy })
}

/** What a policy asks for; undefined when it asks nobody. */
export function byPolicy({ effect, approvals, policy }: PolicyVerdict): ConsentNeed | undefined {
  return effect === 'allow' ? undefined : { by: policy, quorum: approvals }
}

/** What the record of a decision says of the policy behind it; nothing where there is none. */
export function policyFacts(world: Pick<World, 'policies'>, { policy }: PolicyVerdict): Facts {
  const set = world.policies?.current()
  return set === undefined ? {} : { policy, ...versionFacts(set.version) }
}

function versionFacts(version: string): { readonly policy_version: string } {
  return { policy_version: version.slice(0, VERSION_CHARACTERS) }
}

/**
 * The grants asked for, so that a candidate set can be held against this decision later; nothing of
 * a request too long to be told whole.
 */
export function askedFacts({ grants }: ScopeRequest): Facts {
  const asked = JSON.stringify(grants)
  return asked.length <= RECORDED_CHARACTERS_MAX ? { asked } : {}
}

/** What a lease remembers of the verdict it was born under. */
export function bornUnder({ asking }: PolicyVerdict): Pick<Lease, 'policies'> {
  return asking.length === 0 ? {} : { policies: asking }
}

/** The rules that ask people under which leases of a lineage were born. */
export function openedUnder(lineage: readonly Lease[]): readonly string[] {
  return [...new Set(lineage.flatMap(({ policies = [] }) => policies))]
}

/** What a policy is told of an agent that asks for a lease, or for something of its lease. */
export function factsOf(from: {
  readonly agent: Pick<Agent, 'uri' | 'owner' | 'attestation'>
  readonly certificate: CertificateThumbprint
  /** root..self as far as it exists; empty for a root that is to be opened. */
  readonly lineage: readonly Lease[]
  /** Of the lease in question, where that is another than the last of the lineage. */
  readonly depth?: number
  readonly at: EpochSeconds
}): PolicyFacts {
  const { agent, certificate, lineage, at } = from
  const leaf = lineage[lineage.length - 1]
  return {
    at,
    user: leaf?.subject ?? agent.owner,
    agent: agentFacts(agent.uri, certificate, agent.attestation),
    depth: from.depth ?? (leaf === undefined ? 0 : depthOf(leaf)),
    holders: leaf?.holders ?? [agent.uri],
    context: leaf === undefined ? {} : { session: rootOf(leaf.lineage) },
    openedUnder: openedUnder(lineage),
  }
}

/** An agent with what its attestation result says; a digest only where it is that of code. */
export function agentFacts(
  uri: AgentUri,
  certificate: CertificateThumbprint,
  { tier, method, evidenceHash }: AttestationResult,
): PolicyAgent {
  const known = { uri, certificate, tier, method }
  return method === 'signed-code' ? { ...known, measured: evidenceHash } : known
}

/**
 * How a call is judged by the policies in force when it is made, whenever its token was minted;
 * undefined where there are none, so that such a call costs nothing. Reads the lease only when a
 * rule asks who stands above, or whether its tree was opened with an approval.
 */
export function callJudge(
  world: Pick<World, 'policies' | 'store'>,
  tenant: TenantId,
): JudgeCall | undefined {
  const { policies, store } = world
  if (policies === undefined) return undefined
  return async (call, at) => {
    const { claims, peer, upstream } = call
    const set = policies.current()
    let question: CallQuestion = {
      action: 'call',
      at,
      user: claims.subject,
      agent: agentFacts(peer.uri, peer.certificate, claims.attestation),
      depth: claims.depth,
      context: {
        ...(upstream?.environment === undefined ? {} : { environment: upstream.environment }),
        ...(claims.lease.lineage[0] === undefined ? {} : { session: claims.lease.lineage[0] }),
      },
      openedUnder: [],
      approved: claims.scope.requires.approval,
      request: call.request,
      audience: claims.audience,
      ...(upstream?.credential === undefined ? {} : { credential: upstream.credential }),
    }
    if (set.needsBody(question)) {
      const request = await call.withBody()
      if (!request.ok) return request
      question = { ...question, request: request.value }
    }
    const pinned = { policies: { ...policies, current: () => set } }
    if (set.asksLineage || set.decide(question).effect === 'require_approval') {
      question = { ...question, ...(await lineageFacts(store, tenant, claims.lease.id)) }
    }
    const asked = askPolicy(pinned, question)
    const verdict = asked.ok ? requireNoApproval(asked.value) : asked
    if (!verdict.ok) return verdict
    const { obligations } = verdict.value
    const told: CallVerdict = { facts: policyFacts(pinned, verdict.value), obligations }
    return accept(told)
  }
}

/** Holders and rules of the lineage; nothing when there is no such lease: redemption tells. */
async function lineageFacts(
  store: World['store'],
  tenant: TenantId,
  id: LeaseId,
): Promise<Partial<Pick<PolicyFacts, 'holders' | 'openedUnder'>>> {
  const view = await store.read((reads) => reads.lineage(tenant, id))
  if (view === undefined) return {}
  const lineage = [...view.ancestors, view.lease]
  return { holders: view.lease.holders, openedUnder: openedUnder(lineage) }
}
