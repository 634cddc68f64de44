import type { ApprovalId, LeaseId } from '../../domain/ids.ts'
import { depthOf, type Lease } from '../../domain/lease.ts'
import { planRenewal } from '../../domain/lifetime.ts'
import type { GrantQuestion } from '../../domain/policy.ts'
import type { Facts } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { sharedGrants } from '../../domain/scope/meet.ts'
import { SCOPE_TYPE } from '../../domain/scope/types.ts'
import { contractsOf } from '../agents/live-contracts.ts'
import type { Awaiting } from '../approvals/awaiting.ts'
import { byContract, needOf, requestBelow, requireConsent } from '../approvals/consent.ts'
import { type AgentCaller, type Caller, requireAgent } from '../caller.ts'
import { decide } from '../decide.ts'
import { askPolicy, byPolicy, factsOf, policyFacts } from '../policies/ask-policy.ts'
import type { World } from '../world.ts'
import { findHeld } from './find-lease.ts'

/**
 * The holder prolongs a live lease; I3 holds for it and every ancestor, and the policies of now
 * have to allow what it holds. A root lease whose holder's contract asks for a yes to each request
 * is not prolonged without one either.
 * Refusals: `not_found`, `forbidden`, `renewal_exceeded`, `not_narrower`, `contract_expired`,
 * `policy_denied`, `quarantined`, `approval_denied`, `rate_limited`, and those of I6.
 */
export async function renewLease(
  world: World,
  caller: Caller,
  input: {
    readonly lease: LeaseId
    readonly ttlSeconds: number
    readonly approval?: ApprovalId | undefined
  },
): Promise<Result<Lease | Awaiting>> {
  const asker = requireAgent(caller)
  if (!asker.ok) return asker
  const decided = await decide<Lease | Awaiting>(
    world,
    caller,
    'lease.renewed',
    async (tx, details) => {
      details.lease = input.lease
      const found = await findHeld(tx, asker.value, input.lease)
      if (!found.ok) return found
      const { lease, lineage, holder: agent } = found.value
      const standing = await contractsOf(tx, lineage)
      if (!standing.ok) return standing
      const { moved: contracts, ends } = standing.value
      const ancestors = [...lineage.slice(0, -1), ...ends]
      const asked = input.ttlSeconds
      const renewed = planRenewal({ lease, ancestors, contracts, asked, now: tx.now })
      if (!renewed.ok) return renewed
      const { expiresAt, renewals, grantedSeconds } = renewed.value
      const renewal = { seconds: asked, renewals, grantedSeconds }
      details.facts = renewalFacts(asker.value, renewal)
      const verdict = askPolicy(world, {
        action: 'lease.renew',
        ...factsOf({ agent, ...asker.value, lineage, at: tx.now }),
        asked: { type: SCOPE_TYPE, grants: contracts.reduce(sharedGrants, lease.scope.grants) },
        above: [lease.scope, ...contracts],
        renewal,
      })
      if (!verdict.ok) return verdict
      const below = requestBelow(asker.value, lease, lease.scope)
      const contract = depthOf(lease) === 0 ? byContract(world, agent) : undefined
      const consent = await requireConsent(world, tx, details, {
        request: { ...below, kind: 'lease', ttlSeconds: asked },
        agent,
        holders: lease.holders,
        reason: undefined,
        need: needOf([contract, byPolicy(verdict.value)]),
        approval: input.approval,
      })
      if (!consent.ok) return consent
      if (consent.value !== undefined) return accept(consent.value)
      await tx.recordRenewal({ id: lease.id, ...renewed.value })
      details.facts = { ...details.facts, expiresAt, ...policyFacts(world, verdict.value) }
      return accept({ ...lease, ...renewed.value })
    },
  )
  return decided.result
}

/** What a candidate set would be asked, beside what the lease says. */
function renewalFacts(
  { certificate }: Pick<AgentCaller, 'certificate'>,
  { seconds, renewals, grantedSeconds }: NonNullable<GrantQuestion['renewal']>,
): Facts {
  return { seconds, renewals, granted_seconds: grantedSeconds, certificate }
}
