import type { AgentUri, LeaseId } from '../../domain/ids.ts'
import { depthOf, type Lease } from '../../domain/lease.ts'
import type {
  GrantQuestion,
  PolicyContext,
  PolicyCredential,
  PolicyFacts,
  PolicyInput,
} from '../../domain/policy.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { RequestToJudge, ScopeRequest } from '../../domain/scope/types.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { Problem, Rule } from '../../policy/rule.ts'
import type { PolicyExplanation } from '../../policy/set.ts'
import type { Reads } from '../../store/ports.ts'
import { contractsOf } from '../agents/live-contracts.ts'
import { type Caller, requireRole } from '../caller.ts'
import { findLease } from '../leases/find-lease.ts'
import type { World } from '../world.ts'
import { factsOf } from './ask-policy.ts'

/** The policies of the process that answers. */
export interface PoliciesNow {
  /** Absent: contracts alone decide. */
  readonly inForce?: {
    readonly version: string
    readonly loadedAt: EpochSeconds
    /** In the order in which they are looked at. */
    readonly rules: readonly Rule[]
  }
  /** What is wrong with the folder as it is now. */
  readonly problems: readonly Problem[]
}

/** Which policies are in force here, and what is wrong with the folder; for people. */
export async function readPolicies(
  world: Pick<World, 'policies'>,
  caller: Caller,
): Promise<Result<PoliciesNow>> {
  const person = requireRole(caller, 'owner', 'operator')
  if (!person.ok) return person
  const { policies } = world
  if (policies === undefined) return accept({ problems: [] })
  const { version, rules } = policies.current()
  const inForce = { version, rules, loadedAt: policies.loadedAt() }
  return accept({ inForce, problems: policies.problems() })
}

/** A question people ask; what is known of the agent and its lease is read, the rest is theirs. */
export interface PolicyQuestion {
  readonly agent: AgentUri
  readonly lease?: LeaseId | undefined
  readonly asked:
    | {
        readonly kind: 'scope'
        readonly action: GrantQuestion['action']
        readonly scope: ScopeRequest
      }
    | { readonly kind: 'call'; readonly audience: string; readonly request: RequestToJudge }
  readonly delegate?: AgentUri | undefined
  readonly credential?: PolicyCredential | undefined
  readonly context?: Pick<PolicyContext, 'project' | 'workspace' | 'environment'>
  readonly address?: string | undefined
  readonly at?: EpochSeconds | undefined
}

/**
 * What the policies say of a question, and what each rule had to do with it. Nothing is decided or
 * recorded. Refusals: `forbidden`, `not_found`, `contract_expired`.
 */
export function explainPolicy(
  world: Pick<World, 'policies' | 'store'>,
  caller: Caller,
  question: PolicyQuestion,
): Promise<Result<PolicyExplanation | undefined>> {
  return world.store.read(async (reads) => {
    const person = requireRole(caller, 'owner', 'operator')
    if (!person.ok) return person
    const input = await inputOf(reads, caller, question)
    return input.ok ? accept(world.policies?.current().explain(input.value)) : input
  })
}

async function inputOf(
  reads: Reads,
  caller: Caller,
  question: PolicyQuestion,
): Promise<Result<PolicyInput>> {
  const { asked, context, credential, delegate } = question
  const agent = await reads.agent(caller.tenant, question.agent)
  if (agent === undefined) return refuse('not_found', { agent: question.agent })
  const found = await lineageOf(reads, caller, question.lease)
  if (!found.ok) return found
  const lineage = found.value
  const leaf = lineage[lineage.length - 1]
  const at = question.at ?? reads.now
  const known = factsOf({ agent, certificate: agent.certificate, lineage, at })
  const facts: PolicyFacts = {
    ...known,
    context: leaf === undefined ? { ...context } : contextWith(known, context),
    ...(question.address === undefined ? {} : { address: question.address }),
  }
  if (asked.kind === 'call') {
    const { audience, request } = asked
    const call = { ...facts, action: 'call', audience, request, approved: false } as const
    return accept(credential === undefined ? call : { ...call, credential })
  }
  const standing = await contractsOf(reads, lineage)
  if (!standing.ok) return standing
  const isDelegation = asked.action === 'delegation.create' || asked.action === 'delegation.redeem'
  return accept({
    ...facts,
    action: asked.action,
    asked: asked.scope,
    above: [leaf?.scope ?? agent.contract, ...standing.value.moved],
    depth: leaf === undefined ? 0 : depthOf(leaf) + (isDelegation ? 1 : 0),
    ...(delegate === undefined ? {} : { delegate }),
  })
}

/** Project and workspace are those of the lease's labels; only the environment may be told. */
function contextWith({ context }: PolicyFacts, told: PolicyQuestion['context']): PolicyContext {
  const environment = told?.environment
  return environment === undefined ? context : { ...context, environment }
}

async function lineageOf(
  reads: Reads,
  caller: Caller,
  id: LeaseId | undefined,
): Promise<Result<readonly Lease[]>> {
  if (id === undefined) return accept([])
  const found = await findLease(reads, caller, id)
  return found.ok ? accept(found.value.lineage) : found
}
