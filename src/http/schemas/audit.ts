import { z } from '@hono/zod-openapi'
import { AUDIT_ROWS_MAX, PAGE_ROWS_DEFAULT } from '../../domain/limits.ts'
import { countText, pageOf, pageQuery, timeOut } from './common.ts'

export const auditQuery = z.strictObject({
  chain: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .optional(),
  after: z
    .string()
    .regex(/^[0-9]{1,15}$/)
    .transform(Number)
    .optional()
    .openapi({ type: 'integer', minimum: 0, description: 'Records after this sequence number.' }),
  limit: countText(AUDIT_ROWS_MAX).optional().openapi({
    type: 'integer',
    minimum: 1,
    maximum: AUDIT_ROWS_MAX,
    default: PAGE_ROWS_DEFAULT,
  }),
})

export const auditRecordOut = z
  .strictObject({
    chain: z.string(),
    sequence: z.int(),
    previous_hash: z.string(),
    hash: z.string(),
    body: z.string().openapi({ description: 'The exact text that was hashed.' }),
  })
  .openapi('AuditRecord')

export const auditListOut = z
  .strictObject({ items: z.array(auditRecordOut) })
  .openapi('AuditList', { description: 'To go on: name the last chain and sequence.' })

export const checkpointsQuery = z.strictObject(pageQuery)

export const checkpointOut = z
  .strictObject({
    number: z.int(),
    at: timeOut,
    jws: z.string().openapi({ description: 'Signed, typ `writ-checkpoint+jwt`.' }),
  })
  .openapi('Checkpoint')

export const checkpointPageOut = pageOf(checkpointOut, 'CheckpointPage')

export const verdictOut = z
  .discriminatedUnion('whole', [
    z.strictObject({
      whole: z.literal(true),
      chains: z.int(),
      records: z.int(),
      checkpoints: z.int(),
    }),
    z.strictObject({
      whole: z.literal(false),
      bad: z.strictObject({
        problem: z.string(),
        chain: z.string().nullable(),
        sequence: z.int(),
      }),
    }),
  ])
  .openapi('AuditVerdict')

export const exportOut = z.custom<ReadableStream<Uint8Array>>().openapi('AuditExport', {
  type: 'string',
  description: 'JSON Lines: checkpoints, chains, then each chain’s records.',
})
