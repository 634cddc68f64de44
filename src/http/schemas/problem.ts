import { z } from '@hono/zod-openapi'
import { REASONS_MAX } from '../../domain/limits.ts'
import { REFUSALS, type RefusalCode } from '../../domain/refusal.ts'

const codes = [...REFUSALS.keys()] as [RefusalCode, ...RefusalCode[]]

/** How a rate stands. */
export const rateOut = z
  .strictObject({
    limit: z.int(),
    remaining: z.int(),
    per_seconds: z.int(),
    reset_seconds: z.int().openapi({ description: 'Until the oldest call no longer counts.' }),
  })
  .openapi('Rate')

/** The body of every refusal (RFC 9457). */
export const problemOut = z
  .strictObject({
    type: z.string().openapi({ example: 'urn:writ:refusal:not_found' }),
    title: z.string().openapi({ description: 'One fixed sentence for each code.' }),
    status: z.int(),
    code: z.enum(codes),
    request_id: z.string().openapi({ description: 'Finds the log line and the audit record.' }),
    instance: z.string().openapi({ description: '`urn:writ:request:` and the request id.' }),
    reasons: z
      .array(
        z.strictObject({
          pointer: z.string().openapi({ description: 'RFC 6901, into the request body.' }),
          code: z.string(),
          detail: z.string(),
        }),
      )
      .max(REASONS_MAX),
    retry_after_seconds: z.int().optional(),
    limit_type: z.enum(['uses', 'budget', 'rate']).optional(),
    rate: rateOut.optional(),
  })
  .openapi('Problem')
