import type { IdSource } from '../domain/ids.ts'
import { parseRequestId } from '../domain/ids.ts'
import { readTrace, traceIdOf } from '../domain/trace.ts'
import type { HttpMiddleware } from './context.ts'

/**
 * Names every request: by the id it brings, where that is in our grammar, which holds nothing but
 * 128 bits; else by a fresh one. Told as `X-Request-Id`. An id is for finding one request in every
 * hop, and proves nothing: who did something is told by the actor of its record, and a record is
 * named by its chain and number. A well-formed `traceparent` is kept for the log.
 */
export function nameRequest(ids: Pick<IdSource, 'request'>): HttpMiddleware {
  return async (c, next) => {
    c.set('requestId', parseRequestId(c.req.header('x-request-id') ?? '') ?? ids.request())
    const trace = readTrace(c.req.header('traceparent'), c.req.header('tracestate'))
    c.set('trace', trace)
    c.set('traceId', traceIdOf(trace))
    await next()
    c.header('X-Request-Id', c.get('requestId'))
  }
}
