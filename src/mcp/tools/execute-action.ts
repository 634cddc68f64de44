import { z } from 'zod'
import { TARGET_CHARACTERS_MAX } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import {
  ACTION_METHOD,
  ACTION_PATH,
  ACTION_ROUTE,
  actionBase64,
  actionHeaders,
  bodyText,
  headersText,
} from '../../listener/action-fields.ts'
import type { ActionPlace } from '../../usecases/actions/action-desk.ts'
import { executeAction as execute } from '../../usecases/actions/execute-action.ts'
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
    const at = placeOf(asked, world.actions?.gateway?.places() ?? [])
    if (!at.ok) return at
    const { handle: lease, method, headers, purpose: reason, approval } = asked
    const { body: text, body_base64: base64 } = asked
    const bytes = base64 === undefined ? text : Buffer.from(base64, 'base64')
    const body = bytes === undefined ? undefined : Buffer.from(bytes)
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

/** Which route an address lies behind: of the longest base it begins with, as it is spelled. */
function placeOf(
  { url, route, path }: Pick<z.output<typeof input>, 'url' | 'route' | 'path'>,
  places: readonly ActionPlace[],
): Result<{ readonly route: string; readonly path: string }> {
  if (route !== undefined && path !== undefined) return accept({ route, path })
  const below = places
    .filter(
      ({ base }) => url === base || url?.startsWith(`${base}/`) || url?.startsWith(`${base}?`),
    )
    .toSorted((a, b) => b.base.length - a.base.length)
  const [nearest] = below
  if (url === undefined || nearest === undefined) {
    const detail = 'No secret is used at this address. Those of request_secret say where.'
    return refuse('scope_not_granted', {}, [{ pointer: '/url', code: 'url', detail }])
  }
  const rest = url.slice(nearest.base.length)
  return accept({ route: nearest.route, path: rest.startsWith('/') ? rest : `/${rest}` })
}
