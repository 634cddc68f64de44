import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestId } from '../domain/ids.ts'
import { readTrace, type TraceHeaders } from '../domain/trace.ts'
import { type Span, startSpan } from '../tracing.ts'
import type { HeaderRules } from './header-rules.ts'

/** The trace headers of a request; of several lines the parser makes one, which is none. */
export function traceOf({ headers }: Pick<IncomingMessage, 'headers'>): TraceHeaders | undefined {
  const [parent, state] = [headers['traceparent'], headers['tracestate']]
  return readTrace(parent && String(parent), state && String(state))
}

/** The span of a call; undefined while nobody traces. Neither path nor peer is told. */
export function startCallSpan(
  request: IncomingMessage,
  trace: TraceHeaders | undefined,
  requestId: RequestId,
): Span | undefined {
  const facts = { 'http.request.method': request.method, 'writ.request_id': requestId }
  return startSpan(`${request.method} gateway`, { kind: 'server', parent: trace, facts })
}

/** Ends the span of a call with what came of it. */
export function endCallSpan(
  span: Span | undefined,
  told: {
    readonly route: string | undefined
    readonly result: string
    readonly status: number | undefined
  },
): void {
  const { route, result, status } = told
  span?.end(
    { 'writ.route': route, 'writ.result': result, 'http.response.status_code': status },
    result === 'fault' || result === 'broken' ? result : undefined,
  )
}

/**
 * The headers of a call to its upstream, inside a span of their own where somebody traces; it ends
 * with the answer to the agent.
 */
export function traceUpstream(
  head: readonly string[],
  call: {
    readonly method: string
    readonly origin: string
    readonly rules: HeaderRules
    readonly response: ServerResponse
    readonly within: Span | undefined
  },
): readonly string[] {
  const { hostname, port, protocol } = new URL(call.origin)
  const start = () =>
    startSpan(call.method, {
      kind: 'client',
      facts: {
        'http.request.method': call.method,
        'server.address': hostname,
        'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
      },
    })
  const span = call.within?.hold(start)
  if (span === undefined) return head
  call.response.once('close', () => {
    const { headersSent, statusCode } = call.response
    span.end({ 'http.response.status_code': headersSent ? statusCode : undefined })
  })
  const rest = head.filter((_, at) => !/^trace(parent|state)$/i.test(head[at - (at % 2)] ?? ''))
  const ours = Object.entries(span.headers()).filter(([name]) => call.rules.passesUp(name))
  return [...rest, ...ours.flat()]
}
