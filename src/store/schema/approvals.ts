/**
 * One question to an owner. `request` and `notice` are JSON. `open_digest` repeats `digest` while
 * the approval can still become something, so that one request has one. What nobody decided is
 * null; the state is derived.
 */
export interface ApprovalsTable {
  tenant: string
  id: string
  seq: number
  requester: string
  owner: string
  root_id: string | null
  digest: string
  open_digest: string | null
  quorum: number
  created_at: number
  expires_at: number
  approved_at: number | null
  denied_at: number | null
  used_at: number | null
  request: string
  notice: string
}

/** The word of one owner; `yes` is 0 or 1. */
export interface ApprovalVotesTable {
  tenant: string
  approval: string
  owner: string
  yes: number
  at: number
}

/** The tables of approvals. */
export interface ApprovalSchema {
  approvals: ApprovalsTable
  approval_votes: ApprovalVotesTable
}

/** Row of `meta` with the newest number given to a change of an approval. */
export const APPROVAL_SEQ = 'approval_seq'
