import type { CallToJudge, CallVerdict, JudgeCall } from '../../admission/ports.ts'
import type { Agent } from '../../domain/agent.ts'
import type { AgentAttestation } from '../../domain/attestation.ts'
import type { AgentUri, CertificateThumbprint, PrincipalId, TenantId } from '../../domain/ids.ts'
import { type Labels, NO_LABELS } from '../../domain/labels.ts'
import { depthOf, type Lease, ownerOf, rootOf } from '../../domain/lease.ts'
import { POLICY_ASKED_CHARACTERS_MAX } from '../../domain/limits.ts'
import {
  type CallQuestion,
  FREE_RESPONSE,
  type PolicyAgent,
  type PolicyContext,
  type PolicyFacts,
  type PolicyInput,
  type PolicyJudge,
  type PolicyVerdict,
} from '../../domain/policy.ts'
import { type Facts, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { ScopeRequest } from '../../domain/scope/types.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { ConsentNeed } from '../approvals/consent.ts'
import type { World } from '../world.ts'

/** Enough of a version to tell two sets apart in a record. */
const VERSION_CHARACTERS = 12

/** The policies that are asked: those in force, or a set that is held against the past. */
export interface PoliciesToAsk {
  readonly policies?: { readonly current: () => PolicyJudge } | undefined
}

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
export function askPolicy(world: PoliciesToAsk, input: PolicyInput): Result<PolicyVerdict> {
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

/** What a policy asks for; undefined when it asks nobody. The rule's name is for the record. */
export function byPolicy({ effect, approvals }: PolicyVerdict): ConsentNeed | undefined {
  return effect === 'allow' ? undefined : { by: 'policy', quorum: approvals }
}

/** What the record of a decision says of the policy behind it; nothing where there is none. */
export function policyFacts(world: PoliciesToAsk, verdict: PolicyVerdict): Facts {
  const set = world.policies?.current()
  if (set === undefined) return {}
  const { policy, effect } = verdict
  const asked = effect === 'allow' ? {} : { policy_effect: effect }
  return { policy, ...asked, ...versionFacts(set.version) }
}

function versionFacts(version: string): { readonly policy_version: string } {
  return { policy_version: version.slice(0, VERSION_CHARACTERS) }
}

/**
 * What was asked for and by whom, so that a candidate set can be held against this decision later
 * (CDP-40); of a request too long to be told whole nothing. `lease` is all of the lease.
 */
export function askedFacts(
  scope: ScopeRequest | 'lease',
  by: {
    readonly certificate: CertificateThumbprint
    /** Of the contract that bounds what is asked and that no lease remembers. */
    readonly contractVersion?: number
  },
): Facts {
  const { certificate, contractVersion } = by
  const known =
    contractVersion === undefined
      ? { certificate }
      : { certificate, contract_version: contractVersion }
  if (scope === 'lease') return { asked: 'lease', ...known }
  const { type: _type, ...rest } = scope
  const asked = JSON.stringify(rest)
  return asked.length <= POLICY_ASKED_CHARACTERS_MAX ? { asked, ...known } : known
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
  /** On whose behalf a root is to be opened, where that is not the agent's owner. */
  readonly user?: PrincipalId | undefined
  /** Of a root that is to be opened: what the agent would have it labelled with. */
  readonly labels?: Labels | undefined
  readonly at: EpochSeconds
}): PolicyFacts {
  const { agent, certificate, lineage, at } = from
  const leaf = lineage[lineage.length - 1]
  return {
    at,
    user: leaf?.subject ?? from.user ?? agent.owner,
    agent: agentFacts(agent.uri, certificate, agent.attestation),
    depth: from.depth ?? (leaf === undefined ? 0 : depthOf(leaf)),
    holders: leaf?.holders ?? [agent.uri],
    context: contextOf(leaf, from.labels),
    openedUnder: openedUnder(lineage),
  }
}

/** Where a lease belongs: its tree, and what that is labelled with. */
export function contextOf(
  lease: Pick<Lease, 'lineage' | 'labels'> | undefined,
  labels = NO_LABELS,
): PolicyContext {
  if (lease === undefined) return placeOf(labels)
  return { session: rootOf(lease.lineage), ...placeOf(lease.labels) }
}

/** What labels of these two names say is what Writ knows of project and workspace. */
function placeOf({ project, workspace }: Labels): PolicyContext {
  return {
    ...(project === undefined ? {} : { project }),
    ...(workspace === undefined ? {} : { workspace }),
  }
}

/** An agent with what its attestation says of it; of its code only what the authority has. */
function agentFacts(
  uri: AgentUri,
  certificate: CertificateThumbprint | undefined,
  { tier, method, code }: AgentAttestation,
): PolicyAgent {
  const shown = certificate === undefined ? {} : { certificate }
  const known = { uri, ...shown, tier, method }
  // `binary:` and `release:` say who states the digest; the digest is what a rule names.
  return code === undefined ? known : { ...known, measured: code.slice(code.indexOf(':') + 1) }
}

/**
 * How a call is judged by the policies in force when it is made, whenever its token was minted;
 * undefined where there are none, so that such a call costs nothing. Reads from the store only what
 * a rule asks for: who stands above, the agent's code, what the credential is for, or whether the
 * tree was opened with an approval.
 */
export function callJudge(
  world: Pick<World, 'policies' | 'store'>,
  tenant: TenantId,
): JudgeCall | undefined {
  const { policies, store } = world
  if (policies === undefined) return undefined
  return async (call, at) => {
    const set = policies.current()
    const known = questionOf(call, at)
    const { code, category, lineage } = set.asks
    let question = code || category || lineage ? await knowMore(store, tenant, call, known) : known
    if (set.needsBody(question)) {
      const request = await call.withBody()
      if (!request.ok) return request
      question = { ...question, request: request.value }
    }
    if (!lineage && set.decide(question).effect === 'require_approval') {
      question = await knowMore(store, tenant, call, question)
    }
    const pinned = { policies: { ...policies, current: () => set } }
    const asked = askPolicy(pinned, question)
    const verdict = asked.ok ? requireNoApproval(asked.value) : asked
    if (!verdict.ok) return verdict
    const { obligations } = verdict.value
    const told: CallVerdict = { facts: policyFacts(pinned, verdict.value), obligations }
    return accept(told)
  }
}

/** What a call tells by itself. */
function questionOf(call: CallToJudge, at: EpochSeconds): CallQuestion {
  const { claims, peer, credential, request } = call
  const { lineage } = claims.lease
  const { labels = NO_LABELS } = claims
  const environment = credential === undefined ? {} : { environment: credential.environment }
  return {
    action: 'call',
    at,
    user: claims.subject,
    agent: agentFacts(claims.agent, peer.certificate, claims.attestation),
    depth: claims.depth,
    context: { ...contextOf({ lineage, labels }), ...environment },
    openedUnder: [],
    approved: claims.scope.requires.approval,
    request,
    audience: claims.audience,
    ...(peer.address === undefined ? {} : { address: peer.address }),
    ...(credential === undefined ? {} : { credential: { name: credential.name } }),
  }
}

/** What the store knows besides; what is not there stays unknown, which redemption tells. */
function knowMore(
  store: World['store'],
  tenant: TenantId,
  { claims, credential: wanted, peer }: CallToJudge,
  question: CallQuestion,
): Promise<CallQuestion> {
  return store.read(async (reads) => {
    const view = await reads.lineage(tenant, claims.lease.id)
    const agent = await reads.agent(tenant, claims.agent)
    const owner = view === undefined ? claims.subject : ownerOf(view.lease)
    const credential = wanted && (await reads.credential({ tenant, owner, ...wanted }))
    const { code } = agent?.attestation ?? {}
    const attested = code === undefined ? claims.attestation : { ...claims.attestation, code }
    return {
      ...question,
      agent: agentFacts(claims.agent, peer.certificate, attested),
      ...(view === undefined
        ? {}
        : {
            holders: view.lease.holders,
            openedUnder: openedUnder([...view.ancestors, view.lease]),
          }),
      ...(credential === undefined
        ? {}
        : { credential: { name: credential.name, category: credential.category } }),
    }
  })
}
