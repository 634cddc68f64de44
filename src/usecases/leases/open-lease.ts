import type { VouchedPerson } from '../../attestation/assertion/verify-assertion.ts'
import type { Agent } from '../../domain/agent.ts'
import type { ApprovalId, PrincipalId } from '../../domain/ids.ts'
import { type Labels, NO_LABELS } from '../../domain/labels.ts'
import type { Lease } from '../../domain/lease.ts'
import { type GrantedLife, planLife } from '../../domain/lifetime.ts'
import { type Facts, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Scope, ScopeRequest } from '../../domain/scope/types.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { Transaction } from '../../store/ports.ts'
import { requireUsable } from '../agents/agent-standing.ts'
import { endsOf, requireInForce } from '../agents/live-contracts.ts'
import type { Awaiting } from '../approvals/awaiting.ts'
import { byContract, needOf, requireConsent, rootRequest } from '../approvals/consent.ts'
import { type AgentCaller, type Caller, requireAgent } from '../caller.ts'
import { decide, type RecordDetails } from '../decide.ts'
import { askedFacts, bornUnder, byPolicy, factsOf, policyFacts } from '../policies/ask-policy.ts'
import { grantUnderPolicy, type PolicyGrant } from '../policies/grant-under-policy.ts'
import { withStatusIndex } from '../revocations/status-lists.ts'
import type { World } from '../world.ts'
import { ceilingsOf, personFacts, spendAssertion, subjectFor } from './for-person.ts'
import { labelFacts, requireOpenLabels } from './open-labels.ts'
import { type AnsweredNames, askForNames, pinNames } from './pin-hosts.ts'

/** What an agent asks for. */
export interface OpenLeaseInput {
  readonly scope: ScopeRequest
  readonly ttlSeconds?: number | undefined
  /** Instead: at most so long, cut to what is allowed, for faces whose protocol says so. */
  readonly ttlAtMost?: number | undefined
  readonly reason?: string | undefined
  /** What the tree is labelled with. Words of the agent, which its policies are asked about. */
  readonly labels?: Labels | undefined
  /** The owner's yes to exactly this request. */
  readonly approval?: ApprovalId | undefined
  /** What the face tells the record beside: which face it is, and in its words for what. */
  readonly told?: Facts | undefined
  /** On whose behalf, where an issuer vouched for a person; else the agent's owner. */
  readonly person?: VouchedPerson | undefined
}

/**
 * An agent opens a root lease within its contract and the policies. The subject is the agent's
 * owner, never taken from the request, or the person an issuer vouched for; the owner answers for
 * it in both. Depth 0; every limit of the contract holds. Where the contract or a policy asks for
 * a yes, answers the question instead.
 * Refusals: `forbidden`, `contract_expired`, `not_narrower`, `limit_unenforceable`,
 * `policy_denied`, `quarantined`, `attestation_*`, `approval_denied`, `rate_limited`, `token_used`,
 * and what stands against the agent itself.
 */
export async function openLease(
  world: World,
  caller: Caller,
  input: OpenLeaseInput,
): Promise<Result<Lease | Awaiting>> {
  const asker = requireAgent(caller)
  if (!asker.ok) return asker
  const answered = await askForNames(world, input.scope.audiences)
  return withStatusIndex(world.statusLists, async (numbered) => {
    const decided = await decide<Lease | Awaiting>(world, caller, 'lease.opened', (tx, details) =>
      openIn(world, tx, { caller: asker.value, details, numbered, answered, ...input }),
    )
    return decided.result
  })
}

async function openIn(
  world: World,
  tx: Transaction,
  input: OpenLeaseInput & {
    readonly caller: AgentCaller
    readonly details: RecordDetails
    readonly numbered: Pick<Lease, 'statusIndex'>
    readonly answered: AnsweredNames
  },
): Promise<Result<Lease | Awaiting>> {
  const { caller, details, numbered, answered, person, labels = NO_LABELS, told = {} } = input
  const { tenant, uri } = caller
  details.facts = { ...told, ...labelFacts(labels) }
  const asker = await requireAsker(tx, caller, labels)
  if (!asker.ok) return asker
  const agent = asker.value
  const { certificate } = caller
  const user = person?.subject ?? agent.owner
  const asking = askedFacts(input.scope, { ...agent, certificate })
  details.facts = { ...details.facts, ...asking, ...personFacts(person) }
  const vouched = await ceilingsOf(tx, agent, person)
  if (!vouched.ok) return vouched
  const contracts = vouched.value
  const granted = grantRoot(world, tx.now, { ...input, agent, contracts, user, labels })
  if (!granted.ok) return granted
  const { scope, verdict } = granted.value
  const ancestors = endsOf(agent)
  const life = planLife({ ...lifeAsked(input), scope, ancestors, now: tx.now })
  if (!life.ok) return life

  const asked = rootRequest(caller, { subject: user, scope, labels })
  const consent = await requireConsent(world, tx, details, {
    request: { ...asked, ttlSeconds: input.ttlSeconds ?? input.ttlAtMost ?? null },
    owner: agent.owner,
    agent,
    holders: [uri],
    reason: input.reason,
    need: needOf([byContract(world, agent), byPolicy(verdict)]),
    approval: input.approval,
  })
  if (!consent.ok) return consent
  if (consent.value !== undefined) return accept(consent.value)

  const spent = await spendAssertion(tx, tenant, person)
  if (!spent.ok) return spent
  const of = { agent, scope, labels, life: life.value, statusIndex: numbered }
  const root = rootLease(world, tx.now, of)
  const born = { ...root, ...subjectFor(agent, person), ...bornUnder(verdict) }
  const facts = { subject: user, reason: input.reason ?? null, ...policyFacts(world, verdict) }
  details.facts = { ...details.facts, ...facts }
  await insertRoot(world, tx, { lease: born, answered }, details)
  return accept(born)
}

/** I4: within the contract, what is vouched for, and the policies as they see such a lease. */
function grantRoot(
  world: World,
  now: EpochSeconds,
  of: {
    readonly scope: ScopeRequest
    readonly caller: AgentCaller
    readonly agent: Agent
    readonly contracts: readonly Scope[]
    readonly user: PrincipalId
    readonly labels: Labels
  },
): Result<PolicyGrant> {
  const { scope: request, caller, agent, contracts, user, labels } = of
  const { certificate } = caller
  const facts = factsOf({ agent, certificate, lineage: [], user, labels, at: now })
  const questions = [{ action: 'lease.open', ...facts }] as const
  return grantUnderPolicy(world, {
    request,
    above: agent.contract,
    contracts,
    holder: agent,
    now,
    questions,
  })
}

function lifeAsked({ ttlSeconds, ttlAtMost }: OpenLeaseInput) {
  return { asked: ttlSeconds, ...(ttlAtMost === undefined ? {} : { unasked: ttlAtMost }) }
}

/** Whether the agent may open anything, and anything under these labels. */
async function requireAsker(
  tx: Transaction,
  caller: AgentCaller,
  labels: Labels,
): Promise<Result<Agent>> {
  const agent = await tx.agent(caller.tenant, caller.uri)
  if (agent === undefined) return refuse('not_found', { agent: caller.uri })
  const usable = await requireUsable(tx, agent, caller.certificate)
  if (!usable.ok) return usable
  const inForce = requireInForce(agent, tx.now)
  if (!inForce.ok) return inForce
  const free = await requireOpenLabels(tx, caller.tenant, labels)
  return free.ok ? accept(agent) : free
}

async function insertRoot(
  world: World,
  tx: Transaction,
  root: { readonly lease: Lease; readonly answered: AnsweredNames },
  details: RecordDetails,
): Promise<void> {
  await tx.insertLease(root.lease)
  details.lease = root.lease.id
  await pinNames(world, tx, root, details)
}

function rootLease(
  world: World,
  now: EpochSeconds,
  of: {
    readonly agent: Agent
    readonly scope: Scope
    readonly labels: Labels
    readonly life: GrantedLife
    readonly statusIndex: Pick<Lease, 'statusIndex'>
  },
): Lease {
  const { agent, scope, labels, life, statusIndex } = of
  const id = world.ids.lease()
  return {
    id,
    tenant: agent.tenant,
    parentId: null,
    lineage: [id],
    holders: [agent.uri],
    subject: agent.owner,
    labels,
    scope,
    contractVersion: agent.contractVersion,
    attestation: agent.attestation,
    openedAt: now,
    expiresAt: life.expiresAt,
    renewals: 0,
    grantedSeconds: life.seconds,
    releasedAt: null,
    ...statusIndex,
    usesSpent: 0,
  }
}
