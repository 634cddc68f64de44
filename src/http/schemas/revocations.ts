import { z } from '@hono/zod-openapi'
import { reasonText } from '../../listener/words.ts'
import { agentUriOut, pageOf, pageQuery, recordOut, timeOut } from './common.ts'

const effect = z.enum(['revoked', 'suspended'])
const subject = z
  .string()
  .min(1)
  .max(2200)
  .openapi({
    description:
      'What is named: `lease:`, `agent:`, `certificate:`, `principal:`, `tenant:`, `key:`, or ' +
      '`label:` and `key=value`, which reaches every tree that has the label, now or later.',
    example: 'agent:spiffe://acme.example/agent/worker',
  })

export const recordRevocationBody = z
  .strictObject({ subject, effect, reason: reasonText })
  .openapi('RecordRevocation')

export const revocationParams = z.strictObject({ subject })
export const previewQuery = z.strictObject({ subject })
export const listRevocationsQuery = z.strictObject(pageQuery)

const REVOCATION = { subject: z.string(), effect, reason: z.string(), at: timeOut }
export const revocationOut = z.strictObject(REVOCATION).openapi('Revocation')
export const recordedRevocationOut = z
  .strictObject({ ...REVOCATION, record: recordOut })
  .openapi('RecordedRevocation')
export const revocationPageOut = pageOf(revocationOut, 'RevocationPage')

export const subjectPreviewOut = z
  .strictObject({
    leases: z.int(),
    live: z.int(),
    holders: z.array(agentUriOut).openapi({ description: 'Some of them, when there are many.' }),
    whole: z.boolean().openapi({ description: 'Whether every lease of it was looked at.' }),
  })
  .openapi('SubjectPreview')

export const feedQuery = z.strictObject({
  after: z
    .string()
    .regex(/^(0|[1-9]\d{0,14})$/)
    .optional()
    .openapi({
      description:
        'The newest head seen; 0, the default, asks for a snapshot. `Last-Event-ID` is read first.',
    }),
  follow: z.enum(['true', 'false']).optional().openapi({
    description: 'false: the stream ends with what is there now.',
  }),
})

export const feedOut = z.custom<ReadableStream<Uint8Array>>().openapi('RevocationFeed', {
  type: 'string',
  description:
    'Server-sent events. `data` is a compact JWS, typ `writ-revocations+jwt`; `id` is its head.',
})
