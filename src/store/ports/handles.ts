import type { Handle } from '../../domain/handle.ts'
import type { CertificateThumbprint, HandleId, LeaseId, TenantId } from '../../domain/ids.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { Page, PageRequest } from '../ports.ts'

/** Reads of handles. Expired and revoked ones are found as well, until they are swept. */
export interface HandleReads {
  /** By the digest of its text, whatever its tenant. */
  handleByDigest(digest: CertificateThumbprint): Promise<Handle | undefined>
  handle(tenant: TenantId, id: HandleId): Promise<Handle | undefined>
  /** Newest first; of one lease where one is named. */
  handles(
    filter: { readonly tenant: TenantId; readonly lease?: LeaseId },
    page: PageRequest,
  ): Promise<Page<Handle>>
  /** Handles of a lease that are neither over nor revoked. */
  countHandles(tenant: TenantId, lease: LeaseId): Promise<number>
}

/** Writes of handles. */
export interface HandleWrites {
  insertHandle(handle: Handle): Promise<void>
  /** The first revocation stays. */
  recordHandleRevoked(tenant: TenantId, id: HandleId, at: EpochSeconds): Promise<void>
}
