import {
  type Approval,
  type ApprovalState,
  leaseOfApproval,
  stateOfApproval,
  subjectsOfApproval,
} from '../../domain/approval.ts'
import { stateOf } from '../../domain/liveness.ts'
import type { Reads } from '../../store/ports.ts'
import { findInTenant } from '../leases/find-lease.ts'

/** An approval and its state at the moment of reading. */
export interface ApprovalNow {
  readonly approval: Approval
  readonly state: ApprovalState
}

/**
 * The state of an approval in this transaction (I6): nothing is written to approvals when something
 * above is revoked; it is looked at whenever one is read, decided or used.
 */
export async function approvalState(reads: Reads, approval: Approval): Promise<ApprovalState> {
  return stateOfApproval(approval, { now: reads.now, stands: await stands(reads, approval) })
}

/** Each approval with its state, in one transaction. */
export async function withStates(
  reads: Reads,
  approvals: readonly Approval[],
): Promise<readonly ApprovalNow[]> {
  const items: ApprovalNow[] = []
  for (const approval of approvals) {
    items.push({ approval, state: await approvalState(reads, approval) })
  }
  return items
}

async function stands(reads: Reads, approval: Approval): Promise<boolean> {
  const against = await reads.revocations(approval.tenant, subjectsOfApproval(approval))
  if (against.length > 0) return false
  const id = leaseOfApproval(approval)
  if (id === null) return true
  const found = await findInTenant(reads, approval.tenant, id)
  if (found === undefined) return false
  return stateOf(found.lineage, found.revocations, reads.now) === 'live'
}
