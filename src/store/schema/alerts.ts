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

/** The tables of alerts by name. */
export interface AlertSchema {
  alerts: AlertsTable
}
