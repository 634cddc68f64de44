import { createHash } from 'node:crypto'
import type { Agent } from '../../domain/agent.ts'
import type { AlertToRaise } from '../../domain/alert.ts'
import {
  type Approval,
  type ApprovalRequest,
  approvalText,
  leaseOfApproval,
  rootOfApproval,
} from '../../domain/approval.ts'
import { requireRoomToAsk } from '../../domain/approval-quota.ts'
import { requireUsableYes, unusable } from '../../domain/approval-vote.ts'
import type { AgentUri, ApprovalId, PrincipalId } from '../../domain/ids.ts'
import { anyLabels } from '../../domain/labels.ts'
import type { Lease } from '../../domain/lease.ts'
import type { Facts } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { subjectOf } from '../../domain/revocation.ts'
import type { Scope } from '../../domain/scope/types.ts'
import { later } from '../../domain/time.ts'
import type { Transaction } from '../../store/ports.ts'
import type { AgentCaller } from '../caller.ts'
import type { RecordDetails } from '../decide.ts'
import type { World } from '../world.ts'
import type { Awaiting } from './awaiting.ts'
import { approvalState } from './standing.ts'

/** What asks for a yes: `contract`, `scope` or the name of a policy, and how many owners. */
export interface ConsentNeed {
  readonly by: string
  readonly quorum: number
}

/** All needs as one: every reason is told, and the largest number of owners counts. */
export function needOf(needs: readonly (ConsentNeed | undefined)[]): ConsentNeed | undefined {
  const all = needs.filter((need) => need !== undefined)
  if (all.length === 0) return undefined
  return {
    by: all.map(({ by }) => by).join(', '),
    quorum: Math.max(...all.map(({ quorum }) => quorum)),
  }
}

/** A request for a root lease. */
export function rootRequest(
  caller: AgentCaller,
  { subject, scope, labels }: Pick<Lease, 'subject' | 'scope' | 'labels'>,
): ApprovalRequest {
  return {
    kind: 'lease',
    tenant: caller.tenant,
    requester: caller.uri,
    certificate: caller.certificate,
    subject,
    lineage: [],
    scope,
    ...anyLabels(labels),
    ttlSeconds: null,
    audience: null,
    pin: null,
    delegate: null,
    credential: null,
  }
}

/** A request for what grows out of a lease; the members of its kind are still to be added. */
export function requestBelow(
  caller: AgentCaller,
  lease: Lease,
  scope: Scope,
): Omit<ApprovalRequest, 'kind'> {
  const { subject, labels, lineage } = lease
  return { ...rootRequest(caller, { subject, scope, labels }), lineage }
}

/** What the contract of an agent asks for when it opens or prolongs a tree, or has things done. */
export function byContract(world: World, agent: Agent): ConsentNeed | undefined {
  const each = agent.terms.approvalMode === 'per_request'
  return each ? { by: 'contract', quorum: world.approvals.quorum } : undefined
}

/** What a scope asks for. */
export function byScope(world: World, scope: Scope): ConsentNeed | undefined {
  return scope.requires.approval ? { by: 'scope', quorum: world.approvals.quorum } : undefined
}

/** What is asked of the owner, and with which yes the agent comes, if it does. */
export interface ConsentAsk {
  readonly request: ApprovalRequest
  /** Who answers for what is asked, and so is asked. */
  readonly owner: PrincipalId
  readonly agent: Agent
  readonly holders: readonly AgentUri[]
  readonly reason: string | undefined
  readonly need: ConsentNeed | undefined
  readonly approval: ApprovalId | undefined
}

/**
 * The last step before something is done that may need a person's yes. Answers undefined when it
 * may be done now: nobody has to be asked, or the agent came with a yes to exactly this request,
 * which is used up in this transaction, once, whoever else tries. Answers the question when it has
 * to wait; the same request has one open question, however often it is repeated.
 * Refusals: `approval_denied` for a yes that can not be used, `rate_limited` for who asks too much.
 */
export async function requireConsent(
  world: World,
  tx: Transaction,
  details: RecordDetails,
  ask: ConsentAsk,
): Promise<Result<Awaiting | undefined>> {
  const { need, approval: id } = ask
  if (need === undefined && id === undefined) return accept(undefined)
  const quorum = Math.max(need?.quorum ?? 1, 1)
  const digest = digestOf(ask.request)
  if (id !== undefined) return useYes(tx, details, { ask, id, digest, quorum })
  const open = await tx.openApproval(ask.request.tenant, digest)
  const asked =
    open === undefined ? await askOwner(world, tx, { ask, digest, quorum }) : accept(open)
  if (!asked.ok) return asked
  details.event = 'approval.requested'
  details.facts = { ...details.facts, ...factsOf(asked.value), again: open !== undefined }
  return accept({ awaits: asked.value })
}

/** What the records say of an approval. */
export function factsOf({ id, digest, request }: Approval) {
  return { approval: id, digest, kind: request.kind, requester: request.requester }
}

function digestOf(request: ApprovalRequest): string {
  return createHash('sha256').update(approvalText(request)).digest('base64url')
}

async function useYes(
  tx: Transaction,
  details: RecordDetails,
  { ask, id, digest, quorum }: ConsentOrder & { readonly id: ApprovalId },
): Promise<Result<undefined>> {
  const { tenant, requester } = ask.request
  const approval = await tx.approval(tenant, id)
  const state = approval === undefined ? 'void' : await approvalState(tx, approval)
  const usable = requireUsableYes(approval, { digest, requester, quorum }, state)
  if (!usable.ok) return usable
  const won = await tx.claimApproval(tenant, id, tx.now)
  if (!won) return unusable('used', 'It was used already.')
  details.facts = { ...details.facts, approval: id }
  return accept(undefined)
}

interface ConsentOrder {
  readonly ask: ConsentAsk
  readonly digest: string
  readonly quorum: number
}

async function askOwner(
  world: World,
  tx: Transaction,
  { ask, digest, quorum }: ConsentOrder,
): Promise<Result<Approval>> {
  const { request, agent, holders, reason, need } = ask
  const { tenant, requester } = request
  const counted = await tx.countApprovals({ tenant, requester, root: rootOfApproval(ask) })
  const room = requireRoomToAsk(counted, tx.now)
  if (!room.ok) return room
  const held = await tx.leases({ tenant, holder: requester }, { limit: 1, cursor: null })
  const approval = await tx.insertApproval({
    id: world.ids.approval(),
    tenant,
    owner: ask.owner,
    request,
    digest,
    notice: {
      holders,
      reason: reason ?? null,
      policy: need?.by ?? '',
      attestation: agent.attestation,
      firstTime: held.items.length === 0,
    },
    quorum,
    createdAt: tx.now,
    expiresAt: later(tx.now, world.approvals.seconds),
    approvedAt: null,
    deniedAt: null,
    usedAt: null,
  })
  await tx.raiseAlert(alertOf(approval, 'approval.requested', { policy: approval.notice.policy }))
  return accept(approval)
}

/** What its owner is told of, also by webhook. */
export function alertOf(
  approval: Approval,
  kind: 'approval.requested' | 'approval.decided',
  facts: Facts,
): AlertToRaise {
  const { tenant, request } = approval
  return {
    tenant,
    kind,
    severity: 'info',
    subject: subjectOf('agent', request.requester),
    lease: leaseOfApproval(approval),
    facts: { ...factsOf(approval), ...facts },
  }
}
