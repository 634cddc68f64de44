import type { z } from '@hono/zod-openapi'
import type { KeptAlert } from '../../domain/alert.ts'
import { PAGE_ROWS_DEFAULT } from '../../domain/limits.ts'
import { timeText } from '../../listener/time-text.ts'
import { acknowledgeAlert, listAlerts } from '../../usecases/alerts/read-alerts.ts'
import { endpoint } from '../endpoint.ts'
import { alertOut, alertPageOut, alertParams, alertsQuery } from '../schemas/alerts.ts'

function alertView(alert: KeptAlert): z.input<typeof alertOut> {
  const { id, kind, severity, subject, lease, owner, facts, at, acknowledged } = alert
  return {
    id,
    kind,
    severity,
    subject,
    lease_id: lease,
    owner,
    facts,
    at: timeText(at),
    acknowledged:
      acknowledged === null ? null : { by: acknowledged.by, at: timeText(acknowledged.at) },
  }
}

export const list = endpoint({
  summary: 'List alerts, newest first',
  description: 'An operator sees all, an owner its own and those of the whole tenant.',
  query: alertsQuery,
  answer: alertPageOut,
  refusals: [],
  act: (world, { caller, query }) => {
    const { limit = PAGE_ROWS_DEFAULT, cursor = null, kind, severity, subject } = query
    const filter = {
      ...(kind === undefined ? {} : { kind }),
      ...(severity === undefined ? {} : { severity }),
      ...(subject === undefined ? {} : { subject }),
      ...(query.lease_id === undefined ? {} : { lease: query.lease_id }),
      open: query.open === 'true',
    }
    return listAlerts(world, caller, { filter, page: { limit, cursor } })
  },
  view: ({ items, cursor }) => ({ items: items.map(alertView), cursor }),
})

export const acknowledge = endpoint({
  summary: 'Say that an alert was seen',
  description: 'The first to say so stays. What the alert tells of goes on as it is.',
  params: alertParams,
  answer: alertOut,
  refusals: ['not_found'],
  act: (world, { caller, params }) => acknowledgeAlert(world, caller, params),
  view: alertView,
})
