/** `writ/middleware/fastify`: admission inside a service with Fastify 5. */
import type { IncomingMessage } from 'node:http'
import { noteAdmitted } from './admitted-requests.ts'
import { judge, type Mode } from './guard.ts'
import { createNodeGuard, type NodeGuard } from './node-guard.ts'
import type { WritSettings } from './settings.ts'

export type { Admitted, PeerIdentity } from '../admission/ports.ts'
export { writOf } from './admitted-requests.ts'
export type { Decision, Mode } from './guard.ts'
export type { PointIdentity, WritSettings } from './settings.ts'

/** A request of Fastify, as far as it is looked at. */
export interface FastifyRequestLike {
  readonly raw: IncomingMessage
  /** The target as it came, also where `rewriteUrl` is set. */
  readonly originalUrl: string
}

/** A reply of Fastify, as far as it is used. */
export interface FastifyReplyLike {
  code(status: number): unknown
  headers(values: Readonly<Record<string, string>>): unknown
  send(body: string): unknown
}

/** An `onRequest` hook: it runs before any body is parsed. */
export type FastifyHook = (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown>

/** A guard for Fastify. */
export interface FastifyWrit extends Pick<NodeGuard, 'tls' | 'replaceIdentity' | 'close'> {
  /** For `app.addHook('onRequest', …)`, or `onRequest` of one route. */
  protect(mode?: Mode): FastifyHook
}

/**
 * Guards routes of a Fastify app that terminates mutual TLS itself: `fastify({ https: writ.tls })`.
 * Handlers ask `writOf(request)` what was admitted. `trustProxy` is of no matter here: the peer is
 * that of the TLS connection.
 */
export function createWrit(settings: WritSettings): FastifyWrit {
  const guard = createNodeGuard(settings)
  const { tls, replaceIdentity, close } = guard
  return {
    tls,
    replaceIdentity,
    close,
    protect: (mode) => async (request, reply) => {
      const verdict = await judge(guard, guard.arrival(request.raw, request.originalUrl), mode)
      if (!verdict.ok) {
        const { status, headers, body } = verdict.told
        reply.code(status)
        reply.headers(headers)
        reply.send(body)
        return reply
      }
      noteAdmitted(request, verdict.writ)
      reply.headers(verdict.headers)
      return undefined
    },
  }
}
