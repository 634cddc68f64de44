import type { IdSource, RequestId } from '../domain/ids.ts'
import { parseRequestId } from '../domain/ids.ts'
import type { HttpContext, HttpMiddleware } from './context.ts'

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/**
 * Names every request with an id of our own, told as `X-Request-Id`. An id chosen by a stranger
 * would let one record pass for another, so an incoming one is not taken here (see `hopRequestId`).
 * A well-formed `traceparent` is kept for the log, so that a trace can be followed through us.
 */
export function nameRequest(ids: Pick<IdSource, 'request'>): HttpMiddleware {
  return async (c, next) => {
    c.set('requestId', ids.request())
    c.set('traceId', TRACEPARENT.exec(c.req.header('traceparent') ?? '')?.[1])
    await next()
    c.header('X-Request-Id', c.get('requestId'))
  }
}

/**
 * The id an enforcement point already gave this call: one request through every hop. Only asked
 * once the peer is known to be an enforcement point; undefined when there is none in our grammar.
 */
export function hopRequestId(c: HttpContext): RequestId | undefined {
  return parseRequestId(c.req.header('x-request-id') ?? '')
}
