import { hasVoice } from '../../domain/approval-vote.ts'
import type { ApprovalId, PrincipalId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { ApprovalFilter } from '../../store/ports/approvals.ts'
import type { Page, PageRequest } from '../../store/ports.ts'
import { type Caller, isPeer, isPerson } from '../caller.ts'
import type { World } from '../world.ts'
import { type ApprovalNow, approvalState, withStates } from './standing.ts'

/**
 * Whose approvals a caller hears of: an agent its own, an owner those it has a voice in. Refuses
 * `forbidden` for who is nobody yet.
 */
export function filterFor(caller: Caller): Result<ApprovalFilter> {
  const { tenant, kind } = caller
  if (isPeer(caller)) return accept({ tenant, requester: caller.uri })
  if (!isPerson(caller)) return refuse('forbidden', { kind })
  return accept(kind === 'owner' ? { tenant, voice: caller.name as PrincipalId } : { tenant })
}

/**
 * One approval, for the agent that asked, for owners with a voice in it, and for operators, who may
 * look. To everybody else it looks like none: `not_found`.
 */
export function readApproval(
  world: World,
  caller: Caller,
  input: { readonly id: ApprovalId },
): Promise<Result<ApprovalNow>> {
  return world.store.read(async (reads) => {
    const approval = await reads.approval(caller.tenant, input.id)
    if (approval === undefined) return refuse('not_found', { approval: input.id })
    const filter = filterFor(caller)
    if (!filter.ok) return filter
    const { requester, voice } = filter.value
    const foreign =
      (requester !== undefined && approval.request.requester !== requester) ||
      (voice !== undefined && !hasVoice(approval, voice))
    if (foreign) return refuse('not_found', { approval: input.id, foreign })
    return accept({ approval, state: await approvalState(reads, approval) })
  })
}

/** Approvals, newest first; `open` leaves out what is decided or over. */
export function listApprovals(
  world: World,
  caller: Caller,
  input: { readonly open: boolean; readonly page: PageRequest },
): Promise<Result<Page<ApprovalNow>>> {
  return world.store.read(async (reads) => {
    const filter = filterFor(caller)
    if (!filter.ok) return filter
    const { open, page } = input
    const { items, cursor } = await reads.approvals({ ...filter.value, open }, page)
    return accept({ items: await withStates(reads, items), cursor })
  })
}
