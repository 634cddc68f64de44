import { z } from 'zod'
import { TARGET_CHARACTERS_MAX } from '../../domain/limits.ts'
import { accept } from '../../domain/result.ts'
import {
  ACTION_METHOD,
  ACTION_PATH,
  ACTION_ROUTE,
  actionBase64,
  actionHeaders,
  bodyBytes,
  bodyText,
  headersText,
} from '../../listener/action-fields.ts'
import { executeAction as execute } from '../../usecases/actions/execute-action.ts'
import { findPlace } from '../../usecases/actions/find-place.ts'
import { isAwaiting } from '../../usecases/approvals/awaiting.ts'
import { approvalIn, handleIn, pendingOut, pendingView, purposeIn } from '../texts.ts'
import { leashTool } from '../tool.ts'

const NO_TEMPLATE =
  'Only HTTP requests are made: there is no such template. A database is reached through an HTTP ' +
  'service before it, or not at all.'

const input = z
  .strictObject({
    handle: handleIn.describe('From request_secret: the lease to act under.'),
    template: z
      .string()
      .default('http')
      .refine((name) => name === 'http', NO_TEMPLATE)
      .describe('http: one HTTP request. There is no other.'),
    method: z.string().regex(ACTION_METHOD),
    url: z
      .string()
      .max(TARGET_CHARACTERS_MAX)
      .regex(/^https?:\/\/[\x21\x22\x24-\x7e]+$/)
      .optional()
      .describe('The address as the upstream knows it, below a url of request_secret.'),
    route: z.string().regex(ACTION_ROUTE).optional().describe('Instead of url, with path.'),
    path: z.string().max(TARGET_CHARACTERS_MAX).regex(ACTION_PATH).optional(),
    headers: actionHeaders.default({}),
    body: z.string().optional().describe('The body as text.'),
    body_base64: actionBase64.optional().describe('The body where it is no text.'),
    purpose: purposeIn.optional(),
    approval: approvalIn.optional().describe('The yes to exactly this request.'),
  })
  .refine(({ body, body_base64 }) => body === undefined || body_base64 === undefined, {
    message: 'There is one body, not two.',
    path: ['body_base64'],
  })
  .refine(
    ({ url, route, path }) => (url === undefined) === (route !== undefined && path !== undefined),
    {
      message: 'Name a url, or a route and a path.',
      path: ['url'],
    },
  )

const executed = z.strictObject({
  status: z.literal('executed'),
  http_status: z.int(),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  body: z.string(),
  body_encoding: z.enum(['text', 'base64']),
  receipt: z.string().nullable(),
})

/** LEASH-27: has one HTTP request made with the secret put in; answers what came back. */
export const executeAction = leashTool({
  name: 'execute_action',
  title: 'Make a request with a secret, without seeing it',
  description:
    'The service makes one HTTP request for you, puts the secret in, and answers what came back. ' +
    'Do not write the secret or an authorization header yourself. Each call is judged anew, and ' +
    'may have to be approved by the owner first.',
  annotations: {
    readOnlyHint: false,
    destructiveHint: true,
    idempotentHint: false,
    openWorldHint: true,
  },
  input,
  output: z.union([executed, pendingOut]),
  deadline: false,
  async run({ serving, caller, address }, asked) {
    const { world } = serving
    const { handle: lease, method, headers, purpose: reason, approval } = asked
    const at = findPlace(world, asked)
    if (!at.ok) return at
    const body = bodyBytes(asked.body, asked.body_base64)
    const call = { ...at.value, lease, method, headers, body, reason, approval, address }
    const done = await execute(world, caller, call)
    if (!done.ok) return done
    if (isAwaiting(done.value)) return accept(pendingView(done.value))
    return accept({
      status: 'executed' as const,
      http_status: done.value.status,
      headers: headersText(done.value.headers),
      ...bodyText(done.value.body),
      receipt: done.value.receipt ?? null,
    })
  },
})
