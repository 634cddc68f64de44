import { z } from '@hono/zod-openapi'
import { ENTRY_NAME } from '../../domain/entry-name.ts'
import { TARGET_CHARACTERS_MAX } from '../../domain/limits.ts'
import {
  ACTION_METHOD,
  ACTION_PATH,
  actionBase64,
  actionHeaders,
} from '../../listener/action-fields.ts'
import { reasonText } from '../../listener/words.ts'
import { approvalIn } from './approvals.ts'
import { leaseId } from './common.ts'

export const actionBody = z
  .strictObject({
    lease_id: leaseId,
    template: z
      .string()
      .default('http')
      .refine((name) => name === 'http', 'Only HTTP requests are made: there is no such template.')
      .openapi({ enum: ['http'] }),
    route: z.string().regex(ENTRY_NAME),
    method: z.string().regex(ACTION_METHOD),
    path: z
      .string()
      .regex(ACTION_PATH)
      .max(TARGET_CHARACTERS_MAX)
      .openapi({ description: 'Path and query behind the route, as they are to be sent.' }),
    headers: actionHeaders.default({}),
    body: z.string().optional().openapi({ description: 'The body as text.' }),
    body_base64: actionBase64.optional().openapi({ description: 'The body where it is no text.' }),
    reason: reasonText.optional(),
    approval: approvalIn,
  })
  .refine(({ body, body_base64 }) => body === undefined || body_base64 === undefined, {
    message: 'There is one body, not two.',
    path: ['body_base64'],
  })
  .openapi('ExecuteAction')

export const actionOut = z
  .strictObject({
    status: z.int().openapi({ description: 'What the upstream answered.' }),
    headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
    body: z.string(),
    body_encoding: z.enum(['text', 'base64']),
    receipt: z.string().nullable(),
    record: z.strictObject({ chain: z.string(), sequence: z.int() }),
  })
  .openapi('ExecutedAction')
