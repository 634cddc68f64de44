import type { Agent } from '../../domain/agent.ts'
import { meetsAttestation } from '../../domain/attestation.ts'
import { planGrant } from '../../domain/granting.ts'
import type { GrantQuestion, PolicyInput, PolicyVerdict } from '../../domain/policy.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { cap } from '../../domain/scope/meet.ts'
import { provesWithin } from '../../domain/scope/prove.ts'
import { SCOPE_TYPE, type Scope, type ScopeRequest } from '../../domain/scope/types.ts'
import type { Match } from '../../policy/rule.ts'
import { askPolicy, factsOf, type PoliciesToAsk } from '../policies/ask-policy.ts'
import { grantUnderPolicy } from '../policies/grant-under-policy.ts'
import { textFact } from '../watch/seen.ts'
import {
  agentThen,
  askedThen,
  contractsStand,
  delegateThen,
  type Found,
  labelsThen,
  numberFact,
  personThen,
  type Unjudged,
} from './known-then.ts'

/** A recorded decision that can be asked for again, as often as needed. */
export interface Again {
  ask(policies: PoliciesToAsk): Result<Pick<PolicyVerdict, 'policy' | 'effect'>>
  /** Whether what is granted is held against evidence of which nobody knows how good it was. */
  readonly unattested?: boolean
  /** Conditions of which nobody knows whether they held. */
  unknown(input: PolicyInput): ReadonlySet<keyof Match>
}

type Rebuild = (found: Found) => Promise<Again | Unjudged>

/** A root lease: within a contract that is still the one of then. */
export const openAgain: Rebuild = async (found) => {
  const { seen, at, agent } = found
  const request = askedThen(seen)
  if (request === undefined || request === 'lease') return 'not_recorded'
  if (numberFact(seen, 'contract_version') !== agent.contractVersion) return 'contract_moved'
  const then = agentThen(agent, at, { certificate: textFact(seen, 'certificate') })
  const user = personThen(seen)
  const { certificate } = agent
  const labels = labelsThen(seen)
  const facts = factsOf({ agent, certificate, lineage: [], user, labels, at })
  const question = { ...facts, action: 'lease.open', agent: then.agent } as const
  const plan = { request, above: agent.contract, holder: agent, now: at }
  if (!planGrant(plan).ok) return 'would_not_come_so_far'
  return {
    unattested: then.unknown.has('attestation_min'),
    unknown: () => then.unknown,
    ask: (policies) => granting(policies, { ...plan, questions: [question] }),
  }
}

/** A renewal: of all that the lease holds. */
export const renewAgain: Rebuild = async (found) => {
  const { seen, at, agent, lineage, reads } = found
  const lease = lineage[lineage.length - 1]
  const seconds = numberFact(seen, 'seconds')
  const renewals = numberFact(seen, 'renewals')
  const grantedSeconds = numberFact(seen, 'granted_seconds')
  if (seconds === undefined || renewals === undefined || grantedSeconds === undefined) {
    return 'not_recorded'
  }
  if (lease === undefined) return 'lease_gone'
  if (!(await contractsStand(reads, lineage))) return 'contract_moved'
  const then = agentThen(agent, at, { certificate: textFact(seen, 'certificate') })
  const question: GrantQuestion = {
    ...factsOf({ agent, certificate: agent.certificate, lineage, at }),
    action: 'lease.renew',
    agent: then.agent,
    asked: { type: SCOPE_TYPE, grants: lease.scope.grants },
    above: [lease.scope],
    renewal: { seconds, renewals, grantedSeconds },
  }
  return { unknown: () => then.unknown, ask: (policies) => askPolicy(policies, question) }
}

/** Call tokens of a lease, for one audience. */
export const mintAgain: Rebuild = async (found) => {
  const { seen, at, agent, lineage, reads } = found
  const lease = lineage[lineage.length - 1]
  const recorded = askedThen(seen)
  const audience = textFact(seen, 'audience')
  if (recorded === undefined || audience === undefined) return 'not_recorded'
  if (lease === undefined) return 'lease_gone'
  if (!(await contractsStand(reads, lineage))) return 'contract_moved'
  const whole: ScopeRequest = { type: SCOPE_TYPE, grants: lease.scope.grants }
  const asked: ScopeRequest = {
    ...(recorded === 'lease' ? whole : recorded),
    audiences: [audience],
  }
  if (!cap(asked, [lease.scope]).ok) return 'would_not_come_so_far'
  const then = agentThen(agent, at, { certificate: textFact(seen, 'certificate') })
  const question: GrantQuestion = {
    ...factsOf({ agent, certificate: agent.certificate, lineage, at }),
    action: 'token.mint',
    agent: then.agent,
    asked,
    above: [lease.scope],
  }
  return {
    unattested: then.unknown.has('attestation_min'),
    unknown: () => then.unknown,
    ask: (policies) => {
      const answer = askPolicy(policies, question)
      if (!answer.ok || answer.value.ceiling === undefined) return answer
      const met = cap(asked, [lease.scope, answer.value.ceiling])
      if (!met.ok) return met
      const attested = meetsAttestation(agent.attestation, met.value.requires, at)
      return attested.ok ? answer : attested
    },
  }
}

/** A delegation: whether the holder might pass it on, and the delegate take it. */
export const delegateAgain: Rebuild = async (found) => {
  const { seen, at, agent, lineage, reads } = found
  const parent = lineage[lineage.length - 1]
  const request = askedThen(seen)
  const uri = delegateThen(seen)
  if (request === undefined || request === 'lease' || uri === undefined) return 'not_recorded'
  if (parent === undefined) return 'lease_gone'
  const delegate = await reads.agent(agent.tenant, uri)
  if (delegate === undefined) return 'agent_gone'
  const moved = numberFact(seen, 'contract_version') !== delegate.contractVersion
  if (moved || !(await contractsStand(reads, lineage))) return 'contract_moved'
  const asHolder = agentThen(agent, at, { certificate: textFact(seen, 'certificate') })
  const asDelegate = agentThen(delegate, at, { certificate: undefined })
  const depth = parent.lineage.length
  const facts = { certificate: agent.certificate, lineage, depth, at }
  const holders = [...parent.holders, delegate.uri]
  const questions = [
    {
      ...factsOf({ ...facts, agent }),
      action: 'delegation.create',
      agent: asHolder.agent,
      delegate: delegate.uri,
    },
    {
      ...factsOf({ ...facts, agent: delegate }),
      action: 'delegation.redeem',
      agent: asDelegate.agent,
      holders,
    },
  ] as const
  const plan = { request, above: parent.scope, holder: delegate, now: at }
  if (!planGrant(plan).ok) return 'would_not_come_so_far'
  return {
    unattested: asDelegate.unknown.has('attestation_min'),
    unknown: ({ action }) =>
      action === 'delegation.create' ? asHolder.unknown : asDelegate.unknown,
    ask: (policies) => granting(policies, { ...plan, questions }),
  }
}

/** A child lease: of all that its token granted. */
export const redeemAgain: Rebuild = async (found) => {
  const { seen, at, agent, reads } = found
  const born = seen.outcome === 'allowed' ? found.lineage[found.lineage.length - 1] : undefined
  const lineage = born === undefined ? found.lineage : found.lineage.slice(0, -1)
  const parent = lineage[lineage.length - 1]
  const asked = born?.scope ?? askedThen(seen)
  if (asked === undefined || asked === 'lease') return 'not_recorded'
  if (parent === undefined) return 'lease_gone'
  const version = born?.contractVersion ?? numberFact(seen, 'contract_version')
  const moved = version !== agent.contractVersion
  if (moved || !(await contractsStand(reads, lineage))) return 'contract_moved'
  const above: readonly Scope[] = [parent.scope, agent.contract]
  const capped = cap(asked, above)
  if (!capped.ok) return 'would_not_come_so_far'
  // A token says everything of its scope, so that nothing was left to inherit.
  const whole = capped.value
  const then = agentThen(agent, at, { certificate: textFact(seen, 'certificate') })
  const depth = parent.lineage.length
  const question: GrantQuestion = {
    ...factsOf({ agent, certificate: agent.certificate, lineage, depth, at }),
    action: 'delegation.redeem',
    agent: then.agent,
    holders: [...parent.holders, agent.uri],
    asked,
    above,
  }
  return {
    unknown: () => then.unknown,
    ask: (policies) => {
      const answer = askPolicy(policies, question)
      if (!answer.ok || answer.value.ceiling === undefined) return answer
      const within = provesWithin(whole, answer.value.ceiling)
      return within ? answer : refuse('not_narrower')
    },
  }
}

function granting(
  policies: PoliciesToAsk,
  plan: {
    readonly request: ScopeRequest
    readonly above: Scope
    readonly holder: Agent
    readonly now: Found['at']
    readonly questions: readonly Omit<GrantQuestion, 'asked' | 'above'>[]
  },
): ReturnType<Again['ask']> {
  const granted = grantUnderPolicy(policies, plan)
  return granted.ok ? accept(granted.value.verdict) : granted
}
