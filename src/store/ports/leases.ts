import type { AgentUri, LeaseId, PrincipalId, TenantId } from '../../domain/ids.ts'
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
  /** A part of the holder's URI or of the id. */
  readonly text?: string
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
}

/** Births, renewals and ends of leases. */
export interface LeaseWrites {
  insertLease(lease: Lease): Promise<void>
  recordRenewal(
    lease: Pick<Lease, 'id' | 'expiresAt' | 'renewals' | 'grantedSeconds'>,
  ): Promise<void>
  recordRelease(id: LeaseId, at: EpochSeconds): Promise<void>
}
