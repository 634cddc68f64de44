import type { AlertKind, AlertSeverity } from './alert.ts'
import type { AgentUri, LeaseId } from './ids.ts'
import type { Facts } from './refusal.ts'
import type { RevocationSubject } from './revocation.ts'

/** What is watched for in the audit trail, in one closed list. */
export const ANOMALY_RULES = [
  'new_certificate',
  'new_address',
  'burst',
  'refusals',
  'replay',
  'use_after_revoke',
  'rate_exceeded',
  'policy_quarantine',
] as const

/** A word of the closed list. */
export type AnomalyRule = (typeof ANOMALY_RULES)[number]

/** What follows from a finding. `quarantine`: an alert, and a suspension that an owner lifts. */
export type AnomalyAction = 'off' | 'alert' | 'quarantine'

/** What follows from each rule, by the name of its setting; see docs/subjects/alerts.md. */
export type AnomalySettings = {
  readonly [Rule in AnomalyRule as `anomaly.${Rule}`]: AnomalyAction
}

/** Something unusual in the trail. It accuses nobody: it says what was seen. */
export interface Finding {
  readonly rule: AnomalyRule
  readonly severity: AlertSeverity
  readonly agent: AgentUri
  /** What a quarantine suspends. */
  readonly subject: RevocationSubject
  readonly lease: LeaseId | null
  readonly facts: Facts
}

/** The kind of alert that a finding raises. */
export function kindOf(rule: AnomalyRule): AlertKind {
  if (rule === 'rate_exceeded') return 'contract.rate_exceeded'
  return rule === 'policy_quarantine' ? 'policy.quarantined' : `anomaly.${rule}`
}

/** Why something is suspended by a rule, as people read it. */
export function quarantineReason(rule: AnomalyRule): string {
  return `quarantine: ${rule}`
}
