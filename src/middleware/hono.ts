import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import type { Admitted, PeerIdentity } from '../admission/ports.ts'
import type { Result } from '../domain/result.ts'
import type { Arrival } from './arrival.ts'
import { type Guard, judge, type Mode } from './guard.ts'
import { createNodeGuard, type NodeGuard } from './node-guard.ts'
import { peerOfRequest } from './node-peer.ts'
import type { WritSettings } from './settings.ts'
import { readCopy } from './web-body.ts'

/** What a protected route finds in its context: `c.get('writ')`. */
export interface ProtectedEnv {
  Bindings: HttpBindings
  Variables: { writ: Admitted }
}

/** A guard whose parts are handed in one by one. */
export interface Protection extends Guard {
  /** Who is at the other end of the TLS connection; never read from a header (I8). */
  readonly peer: (context: Context<ProtectedEnv>) => Result<PeerIdentity>
}

/** A guard for Hono on Node. */
export interface HonoWrit extends Pick<NodeGuard, 'tls' | 'replaceIdentity' | 'close'> {
  /** Middleware for the routes it is put on. */
  protect(mode?: Mode): MiddlewareHandler<ProtectedEnv>
}

/**
 * Guards routes of a Hono app on Node that terminates mutual TLS itself, for instance with
 * `createAdaptorServer({ fetch: app.fetch, createServer, serverOptions: writ.tls })`.
 */
export function createWrit(settings: WritSettings): HonoWrit {
  const { arrival, tls, replaceIdentity, close, ...guard } = createNodeGuard(settings)
  const arrivalOf = (context: Context<ProtectedEnv>): Arrival => {
    const { incoming } = context.env
    return { ...arrival(incoming, incoming.url), readBody: () => readCopy(context.req.raw) }
  }
  return { tls, replaceIdentity, close, protect: (mode) => middleware(guard, arrivalOf, mode) }
}

/**
 * Middleware for Hono on Node that lets a request through only when its call token is admitted; the
 * token is spent then. Judges the raw request target as it came over the wire, before any routing.
 * Everything else is a refusal from the table; a state that can not be known is 503, never allow.
 */
export function protect(protection: Protection, mode?: Mode): MiddlewareHandler<ProtectedEnv> {
  const arrivalOf = (context: Context<ProtectedEnv>): Arrival => {
    const { incoming } = context.env
    return {
      method: incoming.method ?? '',
      target: incoming.url,
      header: (name) => incoming.headersDistinct[name] ?? [],
      peer: protection.peer(context),
      readBody: () => readCopy(context.req.raw),
    }
  }
  return middleware(protection, arrivalOf, mode)
}

/** Who is at the other end, for `Protection.peer`. Refusals: those of `peerOfRequest`. */
export function peerOfConnection(
  trustDomain: string,
): (context: Context<ProtectedEnv>) => Result<PeerIdentity> {
  return (context) => peerOfRequest(context.env.incoming, trustDomain)
}

function middleware(
  guard: Guard,
  arrivalOf: (context: Context<ProtectedEnv>) => Arrival,
  mode: Mode | undefined,
): MiddlewareHandler<ProtectedEnv> {
  return async function writ(context, next) {
    const verdict = await judge(guard, arrivalOf(context), mode)
    if (!verdict.ok) {
      const { status, headers, body } = verdict.told
      return new Response(body, { status, headers })
    }
    if (verdict.writ !== undefined) context.set('writ', verdict.writ)
    for (const [name, value] of Object.entries(verdict.headers)) context.header(name, value)
    await next()
    return undefined
  }
}
