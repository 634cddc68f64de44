import type { AlertId, LeaseId, PrincipalId, TenantId } from './ids.ts'
import type { Facts } from './refusal.ts'
import type { RevocationSubject } from './revocation.ts'
import type { EpochSeconds } from './time.ts'

/**
 * Everything an alert can be about, in one closed list: what receivers filter by, and the label of
 * a metric.
 */
export const ALERT_KINDS = [
  'attestation.mismatch',
  'attestation.process_ended',
  'attestation.overdue',
  'contract.rate_exceeded',
  'approval.requested',
  'approval.decided',
  'budget.warning',
  'budget.exhausted',
  'policy.quarantined',
  'anomaly.new_certificate',
  'anomaly.new_address',
  'anomaly.burst',
  'anomaly.refusals',
  'anomaly.replay',
  'anomaly.use_after_revoke',
  'upstream.moved',
  'handle.misused',
  'audit.broken',
  'webhook.failed',
] as const

/** A word of the closed list. */
export type AlertKind = (typeof ALERT_KINDS)[number]

/** When each kind is raised; for docs/reference/alerts.md. */
export const ALERT_MEANINGS: Readonly<Record<AlertKind, string>> = {
  'attestation.mismatch': 'evidence that comes again does not fit what was enrolled',
  'attestation.process_ended': 'the process an agent was bound to is gone',
  'attestation.overdue': 'evidence did not come again in time',
  'contract.rate_exceeded': 'an agent went over the rate of its contract; it is suspended',
  'approval.requested': "something waits for a person's yes",
  'approval.decided': 'people have said yes or no; a question that ran out of time says so itself',
  'budget.warning': 'most of a budget is spent',
  'budget.exhausted': 'a budget has nothing left',
  'policy.quarantined': 'a policy keeps back what an agent asked for, until a person has looked',
  'anomaly.new_certificate': 'a lease is used with a certificate nobody announced',
  'anomaly.new_address': 'a lease is used from another address',
  'anomaly.burst': 'a lease makes many more calls than it used to',
  'anomaly.refusals': 'an agent asks again and again for what its scope does not cover',
  'anomaly.replay': 'a token that was spent comes again',
  'anomaly.use_after_revoke': 'something revoked or suspended is used',
  'upstream.moved':
    'the addresses a tree is pinned to no longer answer, and the name now has others',
  'handle.misused':
    'somebody showed a handle, or a lease token of CDP, without what it is bound to',
  'audit.broken': 'the audit trail does not hold together',
  'webhook.failed': 'a receiver could not be told, and is not tried again',
}

/** How much it matters: for the file, to be looked at soon, to be looked at now. */
export const ALERT_SEVERITIES = ['info', 'warning', 'critical'] as const

/** A word of the three. */
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number]

/**
 * Something a person should know of. Facts are ids, numbers and plain words; never a token, key,
 * credential or handle (I12): they leave the house in webhooks. An alert decides nothing.
 */
export interface Alert {
  readonly id: AlertId
  readonly tenant: TenantId
  readonly kind: AlertKind
  readonly severity: AlertSeverity
  /** What it is about, as a revocation would name it. */
  readonly subject: RevocationSubject
  readonly lease: LeaseId | null
  readonly facts: Facts
  readonly at: EpochSeconds
}

/** An alert as whoever raises it knows it; the store gives it its id, moment and owner. */
export type AlertToRaise = Omit<Alert, 'id' | 'at'>

/** An alert as it is kept. */
export interface KeptAlert extends Alert {
  /** Who answers for the agent or tree it is about; null when it concerns the whole tenant. */
  readonly owner: PrincipalId | null
  /** The person who has seen it first, `owner:…` or `operator:…`. */
  readonly acknowledged: { readonly by: string; readonly at: EpochSeconds } | null
}
