import type { Approval, ApprovalVote } from '../../domain/approval.ts'
import type { ApprovalsCounted } from '../../domain/approval-quota.ts'
import type { Tally } from '../../domain/approval-vote.ts'
import type { AgentUri, ApprovalId, LeaseId, PrincipalId, TenantId } from '../../domain/ids.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { Page, PageRequest } from '../ports.ts'

/** Which approvals to tell of; all conditions hold together. */
export interface ApprovalFilter {
  readonly tenant: TenantId
  readonly requester?: AgentUri
  /** Those this owner has a voice in. */
  readonly voice?: PrincipalId
  /** Only those nobody has decided and whose time is not over. */
  readonly open?: boolean
}

/** Which approvals were used: in one tree, at one moment. */
export interface UsedApprovals {
  readonly tenant: TenantId
  readonly root: LeaseId
  readonly at: EpochSeconds
}

/** Reads of approvals. None says whether what an approval hangs from still stands (I6). */
export interface ApprovalReads {
  approval(tenant: TenantId, id: ApprovalId): Promise<Approval | undefined>
  /** Newest first. */
  approvals(filter: ApprovalFilter, page: PageRequest): Promise<Page<Approval>>
  /** The one approval of this request that is neither denied, used nor over. */
  openApproval(tenant: TenantId, digest: string): Promise<Approval | undefined>
  /** What changed after a number, oldest change first, each approval once, at most `limit`. */
  changedApprovals(
    filter: ApprovalFilter,
    after: number,
    limit: number,
  ): Promise<readonly Approval[]>
  /** Those that were used up in a tree at one moment. */
  usedApprovals(of: UsedApprovals): Promise<readonly Approval[]>
  /** Counts for the limits of asking; `root` is null where there is no tree yet. */
  countApprovals(of: {
    readonly tenant: TenantId
    readonly requester: AgentUri
    readonly root: LeaseId | null
  }): Promise<ApprovalsCounted>
}

/** Writes of approvals; only to be had inside `decide`. */
export interface ApprovalWrites {
  /** Answers it as stored, with its number. The caller has looked for an open one first. */
  insertApproval(approval: Omit<Approval, 'seq' | 'votes'>): Promise<Approval>
  /** Answers it as it is afterwards; `undefined` when it was decided meanwhile. */
  recordVote(approval: Approval, vote: ApprovalVote, tally: Tally): Promise<Approval | undefined>
  /**
   * One conditional write: true for exactly one of all who ever claim it, in any process, and only
   * while it is approved and in force.
   */
  claimApproval(tenant: TenantId, id: ApprovalId, at: EpochSeconds): Promise<boolean>
}
