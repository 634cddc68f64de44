import type { ApprovalId, LeaseId } from '../../domain/ids.ts'
import { depthOf, type Lease, ownerOf } from '../../domain/lease.ts'
import { planRenewal } from '../../domain/lifetime.ts'
import type { GrantQuestion } from '../../domain/policy.ts'
import type { Facts } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { sharedGrants } from '../../domain/scope/meet.ts'
import { SCOPE_TYPE } from '../../domain/scope/types.ts'
import type { Transaction } from '../../store/ports.ts'
import { contractsOf } from '../agents/live-contracts.ts'
import type { Awaiting } from '../approvals/awaiting.ts'
import { byContract, needOf, requestBelow, requireConsent } from '../approvals/consent.ts'
import { type AgentCaller, type Caller, requireAgent } from '../caller.ts'
import { decide, type RecordDetails } from '../decide.ts'
import { askPolicy, byPolicy, factsOf, policyFacts } from '../policies/ask-policy.ts'
import type { World } from '../world.ts'
import { findHeld } from './find-lease.ts'

/** What a holder asks of a renewal. */
interface RenewalInput {
  readonly lease: LeaseId
  readonly ttlSeconds: number
  readonly approval?: ApprovalId | undefined
  /** Cuts what is asked for to what is allowed, instead of refusing it. */
  readonly cut?: boolean | undefined
  /** How long after its end a root lease may still be renewed; a delegated one never. */
  readonly graceSeconds?: number | undefined
  /** What the face tells the record beside. */
  readonly told?: Facts | undefined
}

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
  input: RenewalInput,
): Promise<Result<Lease | Awaiting>> {
  const asker = requireAgent(caller)
  if (!asker.ok) return asker
  const decided = await decide<Lease | Awaiting>(world, caller, 'lease.renewed', (tx, details) =>
    renewIn(world, tx, { caller: asker.value, details, input }),
  )
  return decided.result
}

async function renewIn(
  world: World,
  tx: Transaction,
  from: {
    readonly caller: AgentCaller
    readonly details: RecordDetails
    readonly input: RenewalInput
  },
): Promise<Result<Lease | Awaiting>> {
  const { caller, details, input } = from
  const { told = {}, cut = false, graceSeconds = 0, ttlSeconds: asked } = input
  details.lease = input.lease
  details.facts = told
  const found = await findHeld(tx, caller, input.lease, graceSeconds)
  if (!found.ok) return found
  const { lease, lineage, holder: agent } = found.value
  const standing = await contractsOf(tx, lineage)
  if (!standing.ok) return standing
  const { moved: contracts, ends } = standing.value
  const ancestors = [...lineage.slice(0, -1), ...ends]
  const renewed = planRenewal({ lease, ancestors, contracts, asked, cut, now: tx.now })
  if (!renewed.ok) return renewed
  const { expiresAt, renewals, grantedSeconds } = renewed.value
  const renewal = { seconds: expiresAt - tx.now, renewals, grantedSeconds }
  details.facts = { ...told, ...renewalFacts(caller, renewal) }
  const verdict = askPolicy(world, {
    action: 'lease.renew',
    ...factsOf({ agent, ...caller, lineage, at: tx.now }),
    asked: { type: SCOPE_TYPE, grants: contracts.reduce(sharedGrants, lease.scope.grants) },
    above: [lease.scope, ...contracts],
    renewal,
  })
  if (!verdict.ok) return verdict
  const below = requestBelow(caller, lease, lease.scope)
  const contract = depthOf(lease) === 0 ? byContract(world, agent) : undefined
  const consent = await requireConsent(world, tx, details, {
    request: { ...below, kind: 'lease', ttlSeconds: asked },
    owner: ownerOf(lease),
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
}

/** What a candidate set would be asked, beside what the lease says. */
function renewalFacts(
  { certificate }: Pick<AgentCaller, 'certificate'>,
  { seconds, renewals, grantedSeconds }: NonNullable<GrantQuestion['renewal']>,
): Facts {
  return { seconds, renewals, granted_seconds: grantedSeconds, certificate }
}
