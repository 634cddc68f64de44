import { type Approval, leaseOfApproval, likenessText } from '../../domain/approval.ts'
import { hasVoice, planVote } from '../../domain/approval-vote.ts'
import {
  type ApprovalId,
  type PrincipalId,
  parsePrincipalId,
  type TenantId,
} from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Reads, Transaction } from '../../store/ports.ts'
import { type Caller, requireRole } from '../caller.ts'
import { decide, type RecordDetails } from '../decide.ts'
import type { World } from '../world.ts'
import { alertOf, factsOf } from './consent.ts'
import { type ApprovalNow, approvalState } from './standing.ts'

/** One approval as a person saw it. */
export interface SeenApproval {
  readonly id: ApprovalId
  /** Of the request the person looked at: what is decided on can not be swapped for another. */
  readonly digest: string
}

/**
 * An owner says yes or no. Only an owner who has a voice: an operator never decides for an owner
 * (LEASH-02), and an approval of somebody else's tree looks like none.
 * Refusals: `forbidden`, `not_found`, `conflict` (another digest, or it is over).
 */
export async function decideApproval(
  world: World,
  caller: Caller,
  input: SeenApproval & { readonly yes: boolean },
): Promise<Result<ApprovalNow>> {
  const owner = requireOwner(caller)
  if (!owner.ok) return owner
  const event = input.yes ? 'approval.approved' : 'approval.denied'
  const decided = await decide<ApprovalNow>(world, caller, event, (tx, details) =>
    voteIn(tx, details, { ...input, tenant: caller.tenant, owner: owner.value }),
  )
  return decided.result
}

/** What became of one of many. */
export interface DecidedOne {
  readonly id: ApprovalId
  readonly outcome: Result<ApprovalNow>
}

/**
 * An owner decides look-alikes at once, each named with the digest it was shown with; each is a
 * decision and a record of its own. What is not alike is not decided together: it differs in more
 * than the last segment and query of the pinned URL, and that is refused `conflict` for all.
 */
export async function decideAlike(
  world: World,
  caller: Caller,
  input: { readonly approvals: readonly SeenApproval[]; readonly yes: boolean },
): Promise<Result<readonly DecidedOne[]>> {
  const owner = requireOwner(caller)
  if (!owner.ok) return owner
  const alike = await world.store.read((reads) =>
    requireAlike(reads, caller.tenant, owner.value, input),
  )
  if (!alike.ok) return alike
  const decided: DecidedOne[] = []
  for (const seen of input.approvals) {
    const outcome = await decideApproval(world, caller, { ...seen, yes: input.yes })
    decided.push({ id: seen.id, outcome })
  }
  return accept(decided)
}

async function requireAlike(
  reads: Reads,
  tenant: TenantId,
  owner: PrincipalId,
  { approvals }: { readonly approvals: readonly SeenApproval[] },
): Promise<Result<void>> {
  const texts = new Set<string>()
  for (const { id } of approvals) {
    const found = await findVoiced(reads, tenant, owner, id)
    if (!found.ok) return found
    texts.add(likenessText(found.value))
  }
  if (texts.size === 1 && new Set(approvals.map(({ id }) => id)).size === approvals.length) {
    return accept(undefined)
  }
  const detail = 'Only requests that are alike can be decided at once, each named once.'
  return refuse('conflict', { alike: false }, [{ pointer: '/approvals', code: 'alike', detail }])
}

async function voteIn(
  tx: Transaction,
  details: RecordDetails,
  input: SeenApproval & {
    readonly tenant: TenantId
    readonly owner: PrincipalId
    readonly yes: boolean
  },
): Promise<Result<ApprovalNow>> {
  const { id, digest, owner, yes } = input
  details.facts = { approval: id }
  const found = await findVoiced(tx, input.tenant, owner, id)
  if (!found.ok) return found
  const approval = found.value
  details.lease = leaseOfApproval(approval)
  details.facts = factsOf(approval)
  if (approval.digest !== digest) {
    const detail = 'What you saw is not what this asks for: look at it again.'
    return refuse('conflict', {}, [{ pointer: '/digest', code: 'digest', detail }])
  }
  const vote = { owner, yes, at: tx.now }
  const tally = planVote(approval, vote, await approvalState(tx, approval))
  if (!tally.ok) return tally
  const after = await tx.recordVote(approval, vote, tally.value)
  if (after === undefined) return refuse('conflict', { state: 'decided' })
  const state = await approvalState(tx, after)
  if (state !== 'pending') await tx.raiseAlert(alertOf(after, 'approval.decided', { state }))
  return accept({ approval: after, state })
}

/** An approval this owner has a voice in; any other looks like none. */
async function findVoiced(
  reads: Reads,
  tenant: TenantId,
  owner: PrincipalId,
  id: ApprovalId,
): Promise<Result<Approval>> {
  const approval = await reads.approval(tenant, id)
  if (approval === undefined) return refuse('not_found', { approval: id })
  return hasVoice(approval, owner)
    ? accept(approval)
    : refuse('not_found', { approval: id, foreign: true })
}

/** The principal an owner's credential stands for. */
function requireOwner(caller: Caller): Result<PrincipalId> {
  const owner = requireRole(caller, 'owner')
  if (!owner.ok) return owner
  const principal = parsePrincipalId(owner.value.name)
  return principal === undefined
    ? refuse('forbidden', { name: owner.value.name })
    : accept(principal)
}
