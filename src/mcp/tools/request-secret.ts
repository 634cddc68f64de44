import { z } from 'zod'
import { DEFAULT_ENVIRONMENT } from '../../domain/credential.ts'
import { isCredentialName, isEnvironment } from '../../domain/credential-checks.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept } from '../../domain/result.ts'
import type { Grant } from '../../domain/scope/types.ts'
import { CREDENTIAL_CATEGORIES } from '../../domain/terms.ts'
import { timeText } from '../../listener/time-text.ts'
import { isAwaiting } from '../../usecases/approvals/awaiting.ts'
import { baseOf } from '../../usecases/catalog/catalog.ts'
import {
  type CredentialWanted,
  type GrantedUse,
  requestUse,
} from '../../usecases/credentials/request-use.ts'
import { approvalIn, pendingOut, pendingView, purposeIn, targetOut, targetsView } from '../texts.ts'
import { leashTool } from '../tool.ts'

const input = z.strictObject({
  category: z.enum(CREDENTIAL_CATEGORIES).optional().describe('Whatever there is of this kind.'),
  identifier: z
    .string()
    .max(256)
    .refine(isCredentialName, 'This is no name of a secret.')
    .optional()
    .describe('One secret by its name, such as github.'),
  environment: z
    .string()
    .refine(isEnvironment, 'This is no name of an environment.')
    .optional()
    .describe('With identifier; production when absent.'),
  exposure: z
    .enum(['use', 'retrieve'])
    .default('use')
    .describe('Only use is given: values never leave the service.'),
  purpose: purposeIn.optional().describe('Why, for the person who decides.'),
  ttl_seconds: z.int().min(1).max(86_400).optional(),
  approval: approvalIn.optional().describe('The yes to exactly this request.'),
})

const granted = z.strictObject({
  status: z.literal('granted'),
  exposure: z.literal('use'),
  handle: z.string(),
  expires_at: z.string(),
  uses: z.array(
    z.strictObject({
      route: z.string(),
      url: z.string(),
      allowed: z.array(targetOut),
    }),
  ),
  how: z.string(),
})

/** LEASH-26: asks for a secret, by category or identifier; answers how to use it. */
export const requestSecret = leashTool({
  name: 'request_secret',
  title: 'Request the use of a secret',
  description:
    'Ask for a secret by category or by identifier. You get a handle and the addresses it may ' +
    'be used at with execute_action, never the value. Where the owner has to approve, you get ' +
    'the id of the question instead: look at it with check_status, then ask again with it.',
  annotations: {
    readOnlyHint: false,
    destructiveHint: false,
    idempotentHint: false,
    openWorldHint: false,
  },
  input,
  output: z.union([granted, pendingOut]),
  async run({ serving, caller }, { purpose, ttl_seconds: ttlSeconds, approval, ...asked }) {
    if (asked.exposure === 'retrieve') return noValues()
    const wanted = wantedIn(asked)
    if (wanted === undefined) return notOne()
    const { world } = serving
    const done = await requestUse(world, caller, { wanted, ttlSeconds, purpose, approval })
    if (!done.ok) return done
    return accept(isAwaiting(done.value) ? pendingView(done.value) : grantedView(done.value))
  },
})

function wantedIn({
  category,
  identifier: name,
  environment,
}: Pick<z.output<typeof input>, 'category' | 'identifier' | 'environment'>):
  | CredentialWanted
  | undefined {
  if (name === undefined) {
    if (category === undefined || environment !== undefined) return undefined
    return { by: 'category', category }
  }
  if (category !== undefined) return undefined
  return { by: 'identifier', name, environment: environment ?? DEFAULT_ENVIRONMENT }
}

function noValues() {
  const detail = 'Values are handed out to nobody here. Ask for use, and call execute_action.'
  return refuse('credential_not_permitted', {}, [{ pointer: '/exposure', code: 'use', detail }])
}

function notOne() {
  const detail = 'Name a category, or an identifier and, where needed, its environment.'
  return refuse('malformed', {}, [{ pointer: '', code: 'malformed', detail }])
}

function grantedView({ lease, routes }: GrantedUse): z.input<typeof granted> {
  return {
    status: 'granted',
    exposure: 'use',
    handle: lease.id,
    expires_at: timeText(lease.expiresAt),
    uses: routes.map((route) => ({
      route: route.name,
      url: baseOf(route),
      allowed: targetsView(lease.scope.grants.filter((grant) => reaches(grant, route.origin))),
    })),
    how: 'Call leash/execute_action with this handle and a url below one of uses.',
  }
}

/** A route has a grant of its own, which names its host alone. */
function reaches(grant: Grant, origin: string): boolean {
  return grant.type === 'http' && grant.hosts.includes(new URL(origin).hostname)
}
