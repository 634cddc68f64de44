import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import { bearerToken } from '../admission/bearer.ts'
import type { Admit, Admitted, PeerIdentity } from '../admission/ports.ts'
import { problemHeaders, problemOf } from '../admission/problem.ts'
import { rateHeaders } from '../admission/rate-headers.ts'
import type { RequestId } from '../domain/ids.ts'
import { type Refusal, refuse } from '../domain/refusal.ts'
import type { Result } from '../domain/result.ts'
import { readJudgedBody } from './judged-body.ts'

/** What a protected route finds in its context: `c.get('writ')`. */
export interface ProtectedEnv {
  Bindings: HttpBindings
  Variables: { writ: Admitted }
}

/** How a service protects its routes. */
export interface Protection {
  /**
   * Admission for this service's resource id; see `createAdmission` and `createRemoteAdmission`.
   */
  readonly admit: Admit
  /** Scheme, host and port of this service as scopes name it: `https://reports.example:8443`. */
  readonly origin: string
  /** Who is at the other end of the TLS connection; never read from a header (I8). */
  readonly peer: (context: Context<ProtectedEnv>) => Result<PeerIdentity>
  readonly requestId: () => RequestId
}

/**
 * Middleware for Hono on Node that lets a request through only when its call token is admitted; the
 * token is spent then. Judges the raw request target as it came over the wire, before any routing.
 * Everything else is a refusal from the table; a state that can not be known is 503, never allow.
 */
export function protect(protection: Protection): MiddlewareHandler<ProtectedEnv> {
  return async function writ(context, next) {
    const requestId = protection.requestId()
    const admitted = await admission(protection, context, requestId)
    if (!admitted.ok) return refused(admitted.refusal, requestId)
    context.set('writ', admitted.value)
    const { rate } = admitted.value
    for (const [name, value] of Object.entries(rate === undefined ? {} : rateHeaders(rate))) {
      context.header(name, value)
    }
    await next()
    return undefined
  }
}

async function admission(
  protection: Protection,
  context: Context<ProtectedEnv>,
  requestId: RequestId,
): Promise<Result<Admitted>> {
  const peer = protection.peer(context)
  if (!peer.ok) return peer
  const { incoming } = context.env
  const token = bearerToken(incoming.headersDistinct['authorization'])
  if (!token.ok) return token
  const target = incoming.url
  if (target === undefined || !target.startsWith('/')) {
    return refuse('malformed', { target: 'not in origin form' })
  }
  try {
    return await protection.admit({
      token: token.value,
      peer: peer.value,
      request: {
        type: 'http',
        method: incoming.method ?? '',
        target: `${protection.origin}${target}`,
      },
      requestId,
      readBody: () => readJudgedBody(context.req.raw),
    })
  } catch (cause) {
    return refuse('status_unknown', { cause: String(cause) })
  }
}

function refused(refusal: Refusal, requestId: RequestId): Response {
  const problem = problemOf(refusal, requestId)
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: problemHeaders(problem),
  })
}
