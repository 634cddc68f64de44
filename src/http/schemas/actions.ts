import { z } from '@hono/zod-openapi'
import {
  ACTION_HEADER_CHARACTERS_MAX,
  ACTION_HEADERS_MAX,
  TARGET_CHARACTERS_MAX,
} from '../../domain/limits.ts'
import { approvalIn } from './approvals.ts'
import { leaseId, reasonText } from './common.ts'

/** Where a message begins and ends, whose it is and where it goes: for the service to say. */
const OURS: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const headers = z
  .record(
    z
      .string()
      .regex(/^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/, 'Names of headers are lowercase.')
      .refine(
        (name) => !OURS.has(name) && !name.startsWith('proxy-'),
        'This header is for the service to write.',
      ),
    z
      .string()
      .max(ACTION_HEADER_CHARACTERS_MAX)
      .regex(/^(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?$/),
  )
  .refine((all) => Object.keys(all).length <= ACTION_HEADERS_MAX, 'There are too many headers.')

const base64 = z
  .string()
  .regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'This is no base64.')

export const actionBody = z
  .strictObject({
    lease_id: leaseId,
    template: z
      .string()
      .default('http')
      .refine((name) => name === 'http', 'Only HTTP requests are made: there is no such template.')
      .openapi({ enum: ['http'] }),
    route: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/),
    method: z.string().regex(/^[A-Z]{1,16}$/),
    path: z
      .string()
      .regex(/^\/[\x21\x22\x24-\x7e]*$/)
      .max(TARGET_CHARACTERS_MAX)
      .openapi({ description: 'Path and query behind the route, as they are to be sent.' }),
    headers: headers.default({}),
    body: z.string().optional().openapi({ description: 'The body as text.' }),
    body_base64: base64.optional().openapi({ description: 'The body where it is no text.' }),
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
