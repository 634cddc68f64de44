import { traceIdOf } from '../domain/trace.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { type Span, startSpan } from '../tracing.ts'
import type { HttpContext, HttpMiddleware } from './context.ts'

const UNMATCHED = 'unmatched'

/**
 * Counts each answer, and writes one log line for it: who, which address pattern, what came of it.
 * The path itself, headers and bodies are never logged; facts of a refusal are ids and numbers.
 */
export function observe(listener: string, log: Log, metrics: Metrics): HttpMiddleware {
  return async (c, next) => {
    const started = performance.now()
    const span = spanOf(c, listener)
    await (span === undefined ? next() : span.hold(next))
    endSpan(c, span)
    const milliseconds = performance.now() - started
    const route = c.get('route') ?? UNMATCHED
    metrics.httpRequest(listener, route, c.res.status, milliseconds / 1000)
    const line = lineOf(c, listener, route, milliseconds)
    if (c.res.status >= 500) log.warn('http.request', line)
    else log.info('http.request', line)
  }
}

/** A span that a caller's trace goes on with; the log line then names the same trace. */
function spanOf(c: HttpContext, listener: string): Span | undefined {
  const { method } = c.req
  const span = startSpan(method, {
    kind: 'server',
    parent: c.get('trace'),
    facts: {
      'http.request.method': method,
      'writ.listener': listener,
      'writ.request_id': c.get('requestId'),
    },
  })
  if (span !== undefined) c.set('traceId', traceIdOf(span.headers()))
  return span
}

function endSpan(c: HttpContext, span: Span | undefined): void {
  const { status } = c.res
  const route = c.get('route') ?? UNMATCHED
  const facts = {
    'http.route': route,
    'http.response.status_code': status,
    'writ.refusal': c.get('refusal')?.code,
  }
  span?.name(`${c.req.method} ${route}`)
  span?.end(facts, status >= 500 ? String(status) : undefined)
}

function lineOf(c: HttpContext, listener: string, route: string, milliseconds: number) {
  const refusal = c.get('refusal')
  return {
    ...refusal?.facts,
    request_id: c.get('requestId'),
    trace_id: c.get('traceId'),
    carries: c.get('carries')?.join(' '),
    listener,
    method: c.req.method,
    route,
    status: c.res.status,
    refusal: refusal?.code,
    actor: c.get('actor'),
    ms: Math.round(milliseconds * 100) / 100,
  }
}
