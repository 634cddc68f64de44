import { z } from '@hono/zod-openapi'
import { AUDIT_FOUND_MAX, AUDIT_ROWS_MAX, PAGE_ROWS_DEFAULT } from '../../domain/limits.ts'
import { REFUSALS } from '../../domain/refusal.ts'
import { textAs } from '../../listener/read-as.ts'
import { words } from '../../listener/words.ts'
import { agentUri, countText, leaseId, pageOf, pageQuery, requestId, timeOut } from './common.ts'

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

const PLACE = /^(\d{1,12})\.([A-Za-z0-9_-]{1,64})\.(\d{1,15})$/

/** A place in the trail as this face spells it: second, chain, sequence number. */
export const trailPlace = textAs((text) => {
  const [, time, chain, sequence] = PLACE.exec(text) ?? []
  if (chain === undefined) return undefined
  return { time: Number(time), chain, sequence: Number(sequence) }
}, 'This is no place in the trail.').openapi({ type: 'string', pattern: PLACE.source })

const OUTCOMES = ['allowed', 'refused', ...REFUSALS.keys()] as const

export const searchQuery = z.strictObject({
  event: z
    .string()
    .regex(/^[a-z_]{1,40}\.[a-z_]{1,40}$/)
    .optional()
    .openapi({ example: 'token.redeemed' }),
  outcome: z
    .enum(OUTCOMES)
    .optional()
    .openapi({ description: '`refused` finds every refusal; a code finds one kind of them.' }),
  actor: agentUri.optional(),
  lease: leaseId.optional(),
  request: requestId.optional(),
  text: words(200)
    .min(2)
    .optional()
    .openapi({ description: 'A part of the text of the record, in any case.' }),
  cursor: trailPlace.optional(),
  limit: countText(AUDIT_FOUND_MAX).optional().openapi({
    type: 'integer',
    minimum: 1,
    maximum: AUDIT_FOUND_MAX,
    default: PAGE_ROWS_DEFAULT,
  }),
})

export const foundOut = z
  .strictObject({
    items: z.array(auditRecordOut),
    cursor: z
      .string()
      .nullable()
      .openapi({ description: 'Where to go on; null at the end of the trail.' }),
    looked_at: z.int().openapi({ description: 'Records that were read for this answer.' }),
  })
  .openapi('AuditFound')

export const recordParams = z.strictObject({
  chain: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  sequence: z
    .string()
    .regex(/^[1-9][0-9]{0,14}$/)
    .transform(Number)
    .openapi({ type: 'integer', minimum: 1 }),
})

export const recordNowOut = z
  .strictObject({
    record: auditRecordOut,
    linked: z
      .boolean()
      .openapi({ description: 'Whether the record and its neighbours name each other.' }),
    checkpoint: z
      .strictObject({ number: z.int(), at: timeOut })
      .nullable()
      .openapi({ description: 'The newest signed checkpoint that states this record or a later.' }),
  })
  .openapi('AuditRecordNow')

export const activityQuery = z.strictObject({
  follow: z.enum(['true', 'false']).optional().openapi({
    description: 'Whether to stay for what comes; else the stream ends after what there is.',
    default: 'true',
  }),
  after: trailPlace
    .optional()
    .openapi({ description: 'The place that was told last; as Last-Event-ID.' }),
})

export const activityOut = z.custom<ReadableStream<Uint8Array>>().openapi('ActivityStream', {
  type: 'string',
  description:
    'Events `record`: the id is the place in the trail, the data an AuditRecord. ' +
    'Event `skipped`: how many records were left out because more came than is told.',
})

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
