import type { Jti, LeaseId, TenantId } from '../../domain/ids.ts'
import type { LeashRow } from '../../domain/leash.ts'
import type { Result } from '../../domain/result.ts'

/** Reads of leashes. Those that are over are found as well, until they are swept. */
export interface LeashReads {
  leash(tenant: TenantId, jti: Jti): Promise<LeashRow | undefined>
  /** The highest version of a lease; 0 when it has none. */
  leashVersion(tenant: TenantId, lease: LeaseId): Promise<number>
}

/** Writes of leashes. */
export interface LeashWrites {
  /** Adds one; refuses `conflict` when its lease has that version already. */
  insertLeash(leash: LeashRow): Promise<Result<void>>
}
