import { z } from '@hono/zod-openapi'
import { REVOCATION_CHANGES_MAX } from '../../domain/limits.ts'

const eventId = z.string().min(1).max(64)
const setError = z.strictObject({ err: z.string().max(64), description: z.string().max(1024) })

export const pollBody = z
  .strictObject({
    maxEvents: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
    returnImmediately: z.boolean().optional().openapi({
      description: 'Answered at once in any case: a poll never waits for an event.',
    }),
    ack: z.array(eventId).max(REVOCATION_CHANGES_MAX).optional(),
    setErrs: z
      .record(eventId, setError)
      .refine((errors) => Object.keys(errors).length <= REVOCATION_CHANGES_MAX, 'Too many.')
      .optional(),
  })
  .openapi('PollEvents')

export const pollOut = z
  .strictObject({
    sets: z.record(z.string(), z.string()).openapi({
      description: 'Security event tokens (RFC 8417), typ `secevent+jwt`, by their `jti`.',
    }),
    moreAvailable: z.boolean(),
  })
  .openapi('PolledEvents')
