import type { TenantId } from '../../domain/ids.ts'
import type { Revocation, RevocationChange, RevocationSubject } from '../../domain/revocation.ts'
import type { StandingStatus } from '../../domain/status-list.ts'
import type { Page, PageRequest } from '../ports.ts'

/** A part of the revocation log. */
export interface RevocationChanges {
  /** The newest number there is; greater than that of the last change when more follow. */
  readonly head: number
  readonly changes: readonly RevocationChange[]
  /** Whether the log reaches back to where the reader stands; else only a snapshot helps. */
  readonly whole: boolean
}

/** What is read of revocations, of their log, and of who has heard of it. */
export interface RevocationReads {
  /** The rows that name any of the subjects; empty means nothing is revoked. */
  revocations(
    tenant: TenantId,
    subjects: readonly RevocationSubject[],
  ): Promise<readonly Revocation[]>
  listRevocations(tenant: TenantId, page: PageRequest): Promise<Page<Revocation>>
  /** What changed after a number of the log, in any tenant, oldest first, at most `limit`. */
  revocationChanges(after: number, limit: number): Promise<RevocationChanges>
  /**
   * What matters at the head of the log to who holds nothing but tokens: all that is revoked or
   * suspended, and of leases, releases and contracts what is younger than
   * REVOCATION_MATTERS_SECONDS. To be read to its last page within one `read`.
   */
  revocationSnapshot(
    tenant: TenantId,
    page: PageRequest,
  ): Promise<Page<RevocationChange> & { readonly head: number }>
  /** Up to which change a receiver has its security events; undefined: it never asked. */
  acknowledged(tenant: TenantId, receiver: string): Promise<number | undefined>
  /**
   * The leases of one status list, of every tenant, that are not over: what each place says beside
   * `invalid` (I6, over the whole lineage). Undefined: no number of this list was ever drawn.
   */
  statusList(list: number): Promise<ReadonlyMap<number, StandingStatus> | undefined>
}

/** What is written of them; a revocation is never taken back. */
export interface RevocationWrites {
  /** Upserts: `revoked` stays `revoked` for ever; `suspended` may become `revoked`. */
  recordRevocation(tenant: TenantId, revocation: Revocation): Promise<void>
  /** Removes a suspension; answers false when there is none (a revocation is never lifted). */
  liftSuspension(tenant: TenantId, subject: RevocationSubject): Promise<boolean>
  /**
   * After a rollback: numbers of the revocation log that a lost part of the store may have given
   * are never given again, so that no reader follows on across what it can not know.
   */
  skipLostNumbers(): Promise<void>
  /** Moves what a receiver has acknowledged forward; never back. */
  recordAcknowledged(tenant: TenantId, receiver: string, seq: number): Promise<void>
}
