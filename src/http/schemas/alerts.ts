import { z } from '@hono/zod-openapi'
import { ALERT_KINDS, ALERT_SEVERITIES } from '../../domain/alert.ts'
import { parseAlertId } from '../../domain/ids.ts'
import { parseRevocationSubject } from '../../domain/revocation.ts'
import { textAs } from '../../listener/read-as.ts'
import { leaseId, leaseIdOut, pageOf, pageQuery, timeOut } from './common.ts'

const ALERT_ID = { type: 'string', pattern: '^alert_[A-Za-z0-9_-]{21}[AQgw]$' } as const

/** What an alert can be about. */
export const alertKind = z.enum(ALERT_KINDS).openapi('AlertKind')
const severity = z.enum(ALERT_SEVERITIES)

export const alertParams = z.strictObject({
  id: textAs(parseAlertId, 'This is no alert id.').openapi(ALERT_ID),
})

export const alertsQuery = z.strictObject({
  kind: alertKind.optional(),
  severity: severity.optional(),
  subject: textAs(parseRevocationSubject, 'This is no subject.')
    .openapi({ type: 'string', maxLength: 2200 })
    .optional(),
  lease_id: leaseId.optional(),
  open: z.enum(['true']).optional().openapi({ description: 'Only what nobody acknowledged.' }),
  ...pageQuery,
})

/** Plain words and numbers about what happened; never a secret. */
export const alertFactsOut = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null()]),
)

export const alertOut = z
  .strictObject({
    id: z.string().openapi(ALERT_ID),
    kind: alertKind,
    severity,
    subject: z.string(),
    lease_id: leaseIdOut.nullable(),
    owner: z.string().nullable().openapi({
      description: 'Who answers for what it is about; null: it concerns the whole tenant.',
    }),
    facts: alertFactsOut,
    at: timeOut,
    acknowledged: z.strictObject({ by: z.string(), at: timeOut }).nullable(),
  })
  .openapi('Alert')

export const alertPageOut = pageOf(alertOut, 'AlertPage')
