import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { HttpContext, HttpMiddleware } from './context.ts'

const UNMATCHED = 'unmatched'

/**
 * Counts each answer, and writes one log line for it: who, which address pattern, what came of it.
 * The path itself, headers and bodies are never logged; facts of a refusal are ids and numbers.
 */
export function observe(listener: string, log: Log, metrics: Metrics): HttpMiddleware {
  return async (c, next) => {
    const started = performance.now()
    await next()
    const milliseconds = performance.now() - started
    const route = c.get('route') ?? UNMATCHED
    metrics.httpRequest(listener, route, c.res.status, milliseconds / 1000)
    const line = lineOf(c, listener, route, milliseconds)
    if (c.res.status >= 500) log.warn('http.request', line)
    else log.info('http.request', line)
  }
}

function lineOf(c: HttpContext, listener: string, route: string, milliseconds: number) {
  const refusal = c.get('refusal')
  return {
    ...refusal?.facts,
    request_id: c.get('requestId'),
    trace_id: c.get('traceId'),
    listener,
    method: c.req.method,
    route,
    status: c.res.status,
    refusal: refusal?.code,
    actor: c.get('actor'),
    ms: Math.round(milliseconds * 100) / 100,
  }
}
