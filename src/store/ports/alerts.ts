import type { AlertKind, AlertSeverity, AlertToRaise, KeptAlert } from '../../domain/alert.ts'
import type { AlertId, LeaseId, PrincipalId, TenantId } from '../../domain/ids.ts'
import type { RevocationSubject } from '../../domain/revocation.ts'
import type { Page, PageRequest } from '../ports.ts'

/** Which alerts to list; all conditions hold together. */
export interface AlertFilter {
  readonly tenant: TenantId
  /** Those this principal answers for, and those of the whole tenant; absent: all. */
  readonly owner?: PrincipalId
  readonly kind?: AlertKind
  readonly severity?: AlertSeverity
  readonly subject?: RevocationSubject
  readonly lease?: LeaseId
  /** Only those nobody has acknowledged. */
  readonly open?: boolean
}

/** Reads of alerts. */
export interface AlertReads {
  /** Newest first. */
  alerts(filter: AlertFilter, page: PageRequest): Promise<Page<KeptAlert>>
  alert(tenant: TenantId, id: AlertId): Promise<KeptAlert | undefined>
}

/** Writes of alerts. */
export interface AlertWrites {
  /**
   * Raises an alert in this transaction, so it is there if and only if what it tells of is. A
   * refused decision undoes it with everything else. The store gives it its id and finds who
   * answers for it. Never throws for what the alert says.
   */
  raiseAlert(alert: AlertToRaise): Promise<AlertId>
  /** The first to acknowledge stays; answers the alert as it then is, undefined when unknown. */
  acknowledgeAlert(tenant: TenantId, id: AlertId, by: string): Promise<KeptAlert | undefined>
}
