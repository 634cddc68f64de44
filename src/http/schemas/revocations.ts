import { z } from '@hono/zod-openapi'
import { pageOf, pageQuery, reasonText, recordOut, timeOut } from './common.ts'

const effect = z.enum(['revoked', 'suspended'])
const subject = z.string().min(1).max(2200).openapi({
  description:
    'What is named: `lease:`, `agent:`, `certificate:`, `principal:`, `tenant:`, `key:`.',
  example: 'agent:spiffe://acme.example/agent/worker',
})

export const recordRevocationBody = z
  .strictObject({ subject, effect, reason: reasonText })
  .openapi('RecordRevocation')

export const revocationParams = z.strictObject({ subject })
export const listRevocationsQuery = z.strictObject(pageQuery)

const REVOCATION = { subject: z.string(), effect, reason: z.string(), at: timeOut }
export const revocationOut = z.strictObject(REVOCATION).openapi('Revocation')
export const recordedRevocationOut = z
  .strictObject({ ...REVOCATION, record: recordOut })
  .openapi('RecordedRevocation')
export const revocationPageOut = pageOf(revocationOut, 'RevocationPage')
