/** `writ/middleware/express`: admission inside a service with Express 5. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { noteAdmitted } from './admitted-requests.ts'
import { judge, type Mode } from './guard.ts'
import { createNodeGuard, type NodeGuard } from './node-guard.ts'
import type { WritSettings } from './settings.ts'

export type { Admitted, PeerIdentity } from '../admission/ports.ts'
export { writOf } from './admitted-requests.ts'
export type { Decision, Mode } from './guard.ts'
export type { PointIdentity, WritSettings } from './settings.ts'

/** A request of Express, as far as it is looked at. */
export interface ExpressRequest extends IncomingMessage {
  /** The target as it came; `url` is what mounting has left of it. */
  readonly originalUrl?: string
  readonly app?: { enabled(setting: string): boolean }
}

/** A middleware as Express calls it. */
export type ExpressMiddleware = (
  request: ExpressRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>

/** A guard for Express. */
export interface ExpressWrit extends Pick<NodeGuard, 'tls' | 'replaceIdentity' | 'close'> {
  /** Middleware for the routes it is put on; goes before every body parser. */
  protect(mode?: Mode): ExpressMiddleware
}

/**
 * Guards routes of an Express app that terminates mutual TLS itself:
 * `createServer(writ.tls, app)`. Handlers ask `writOf(request)` what was admitted. `trust proxy`
 * and what it makes of headers is of no matter here: the peer is that of the TLS connection.
 */
export function createWrit(settings: WritSettings): ExpressWrit {
  const guard = createNodeGuard(settings)
  const { tls, replaceIdentity, close } = guard
  let warned = false
  return {
    tls,
    replaceIdentity,
    close,
    protect: (mode) => async (request, response, next) => {
      if (!warned) warned = warnOfRouting(request)
      const target = request.originalUrl ?? request.url
      const verdict = await judge(guard, guard.arrival(request, target), mode)
      if (!verdict.ok) {
        const { status, headers, body } = verdict.told
        response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) })
        response.end(body)
        return
      }
      noteAdmitted(request, verdict.writ)
      for (const [name, value] of Object.entries(verdict.headers)) response.setHeader(name, value)
      next()
    },
  }
}

/**
 * Scopes and policies tell `/Reports` from `/reports` and `/reports/` from `/reports`. An Express
 * that does not would run one handler for paths of which a policy denies only one.
 */
function warnOfRouting({ app }: ExpressRequest): boolean {
  const lenient = ['case sensitive routing', 'strict routing'].filter(
    (setting) => app?.enabled(setting) === false,
  )
  if (lenient.length > 0) {
    process.emitWarning(
      `Express takes different paths for one. Before the first route: ${lenient
        .map((setting) => `app.enable('${setting}')`)
        .join(', ')}.`,
      { code: 'WRIT_LENIENT_ROUTING' },
    )
  }
  return true
}
