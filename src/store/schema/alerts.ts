/**
 * What a person should know of. `facts` is JSON. `told_at` is null until the deliveries of the
 * alert were written: the row itself is the outbox until then.
 */
export interface AlertsTable {
  tenant: string
  id: string
  kind: string
  severity: 'info' | 'warning' | 'critical'
  subject: string
  lease: string | null
  owner: string | null
  at: number
  told_at: number | null
  acknowledged_at: number | null
  acknowledged_by: string | null
  facts: string
}

/** Receivers of alerts. `kinds` is JSON; `secret` is sealed under the master key. */
export interface WebhooksTable {
  tenant: string
  id: string
  owner: string
  url: string
  kinds: string
  private_net: number
  created_at: number
  failing_since: number | null
  secret: string
}

/**
 * What still has to be delivered; a row goes when it is done or given up. Whoever claims one moves
 * `due_at` behind the time it takes, and puts its own mark in `claim`.
 */
export interface DeliveriesTable {
  webhook: string
  alert: string
  tenant: string
  attempts: number
  due_at: number
  claim: string | null
}

/** How far a chain of audit records was watched. */
interface WatchCursorsTable {
  chain: string
  tenant: string
  sequence: number
}

/** What one process of all does for a while. */
interface DutiesTable {
  name: string
  tenant: string
  holder: string
  until: number
}

/** The tables of alerts by name. */
export interface AlertSchema {
  alerts: AlertsTable
  webhooks: WebhooksTable
  deliveries: DeliveriesTable
  watch_cursors: WatchCursorsTable
  duties: DutiesTable
}
