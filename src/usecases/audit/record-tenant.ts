import { DEFAULT_TENANT, type TenantId } from '../../domain/ids.ts'
import type { AuditRow } from '../../store/ports.ts'
import { seenOf } from '../watch/seen.ts'

/**
 * Whether a record may be read in a tenant (I5). Chains hold the records of all of them, so that
 * every read asks. A text that is none of ours belongs to nobody, and whoever runs the deployment
 * may look at what is damaged.
 */
export function isOfTenant(row: Pick<AuditRow, 'body'>, tenant: TenantId): boolean {
  return (seenOf(row)?.tenant ?? DEFAULT_TENANT) === tenant
}
