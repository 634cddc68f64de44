import type { AgentUri, LeaseId, PrincipalId, TenantId } from '../../domain/ids.ts'
import type { LabelText } from '../../domain/labels.ts'
import type { Lease } from '../../domain/lease.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { Page, PageRequest } from '../ports.ts'

/**
 * The lineage of a lease as it stands in one transaction. Says nothing of liveness (I6): what is
 * revoked of it is asked with `Reads.revocations`.
 */
export interface LineageView {
  readonly lease: Lease
  /** root..parent of `lease`, in order. */
  readonly ancestors: readonly Lease[]
}

/** Which leases to list; all conditions hold together. */
export interface LeaseFilter {
  readonly tenant: TenantId
  readonly holder?: AgentUri
  readonly subject?: PrincipalId
  readonly root?: LeaseId
  /** The children of a lease, or with null the roots. */
  readonly parent?: LeaseId | null
  readonly label?: LabelText
  /** A part of the holder's URI, of the id, or of the labels. */
  readonly text?: string
}

/** Leases with a label, as far as they were looked at. */
export interface LabelledCount {
  readonly leases: number
  /** Derived from whole lineages (I6). */
  readonly live: number
  readonly holders: readonly AgentUri[]
  /** Whether all were looked at. */
  readonly whole: boolean
}

/** What is read of leases; nothing here says whether one is live (I6). */
export interface LeaseReads {
  lineage(tenant: TenantId, id: LeaseId): Promise<LineageView | undefined>
  leases(filter: LeaseFilter, page: PageRequest): Promise<Page<Lease>>
  /** Leases by id, in no order; those that are not there are left out. */
  leasesOf(tenant: TenantId, ids: readonly LeaseId[]): Promise<readonly Lease[]>
  /** How many children leases have, living or not; those without are left out. */
  countChildren(tenant: TenantId, ids: readonly LeaseId[]): Promise<ReadonlyMap<LeaseId, number>>
  /** The lease and all its descendants, parents first, at most `limit`. */
  subtree(tenant: TenantId, id: LeaseId, limit: number): Promise<readonly Lease[]>
  countSubtree(tenant: TenantId, id: LeaseId): Promise<{ leases: number; live: number }>
  /** Live children of a lease, counted up to `limit`. */
  countLiveChildren(tenant: TenantId, id: LeaseId, limit: number): Promise<number>
  countTree(tenant: TenantId, root: LeaseId): Promise<number>
  /** Looks at `limit` leases at the most, the oldest first. */
  countLabelled(tenant: TenantId, label: LabelText, limit: number): Promise<LabelledCount>
}

/** Births, renewals and ends of leases. */
export interface LeaseWrites {
  insertLease(lease: Lease): Promise<void>
  recordRenewal(
    lease: Pick<Lease, 'id' | 'expiresAt' | 'renewals' | 'grantedSeconds'>,
  ): Promise<void>
  recordRelease(id: LeaseId, at: EpochSeconds): Promise<void>
}
