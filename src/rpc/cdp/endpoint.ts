import { type Refusal, refusalEntry, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { JSON_TYPE, readText } from '../../listener/body.ts'
import type { HttpContext } from '../../listener/context.ts'
import type { Asked, ExtraHeaders, FaceRow, OpenRow } from '../../listener/face.ts'
import { AGENT } from '../../listener/guards.ts'
import { actorOf, requireAgent } from '../../usecases/caller.ts'
import { createTokenLists } from '../../usecases/cdp/token-list.ts'
import type { World } from '../../usecases/world.ts'
import { answerText, spell } from '../envelope.ts'
import type { CdpAsked, CdpEnd } from './asked.ts'
import { cdpError } from './codes.ts'
import { createCdpFace } from './methods.ts'

const ANSWER = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }

const face = createCdpFace()

/**
 * CDP for agents elsewhere: JSON-RPC over mutual TLS (CDP-30), where the certificate is the agent.
 * A request may wait for a person, so the listener's deadline does not hold.
 */
export const CDP_ROW: FaceRow = {
  method: 'POST',
  path: '/cdp',
  listeners: ['agents'],
  who: AGENT,
  deadline: false,
  answer: async (c, asked) => {
    const here = askedOf(c, asked)
    if (!here.ok) return here
    const text = await readText(c, asked.serving.bodyBytesMax, JSON_TYPE)
    if (!text.ok) return text
    const answer = await answerText(face, here.value, text.value)
    return accept(
      answer === undefined
        ? new Response(null, { status: 204 })
        : new Response(answer, { headers: ANSWER }),
    )
  },
  refused,
}

/** Before there is a call: an error without an id, under the HTTP status of the refusal. */
function refused(c: HttpContext, refusal: Refusal, extra: ExtraHeaders = {}): Response {
  c.set('refusal', refusal)
  const error = cdpError(refusal, c.get('requestId'))
  const { http: status } = refusalEntry(refusal.code)
  return new Response(spell(null, error), { status, headers: { ...ANSWER, ...extra } })
}

function askedOf(c: HttpContext, { serving, caller }: Asked): Result<CdpAsked> {
  const agent = requireAgent(caller)
  if (!agent.ok) return agent
  const { world, log, callers } = serving
  if (world.cdp === undefined) return refuse('not_found', { cdp: 'off' })
  const end: CdpEnd = {
    transport: 'remote',
    connection: undefined,
    address: c.env?.incoming?.socket.remoteAddress,
    caller: async () => agent,
    prove: async () => agent,
    registered: () => undefined,
    follow: () => undefined,
  }
  const request = c.get('requestId')
  return accept({
    world,
    gate: world.cdp,
    end,
    request,
    signal: c.req.raw.signal,
    again: () => callers(actorOf(agent.value)),
    fault: (error) => log.fault('cdp.fault', error, { request_id: request }),
  })
}

/** The published list of revoked tokens (CDPX-31): for anyone, as a signed JWT. */
export const CDP_TOKEN_LIST_ROW: OpenRow<{ readonly world: World }> = {
  path: '/.well-known/cdp-revocations',
  handler: ({ world }) => {
    const read = createTokenLists(world)
    return async (c) => {
      const { jws, renewedAt } = await read()
      const fresh = Math.max(0, renewedAt - world.store.now())
      return c.body(jws, 200, {
        'Content-Type': 'application/jwt',
        'Cache-Control': `public, max-age=${fresh}`,
      })
    }
  },
}
