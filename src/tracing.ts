import type * as Api from '@opentelemetry/api'
import { readTrace, type TraceHeaders } from './domain/trace.ts'

/** Words and numbers of ours alone: no agent, lease, path or header (I12). */
export type SpanFacts = Readonly<Record<string, string | number | undefined>>

/** One piece of work in a trace, until it is ended. */
export interface Span {
  set(facts: SpanFacts): void
  /** A better name, once one is known. */
  name(name: string): void
  /** Does something as a part of this. */
  hold<T>(work: () => T): T
  /** What tells the next hop that it is a part of this. */
  headers(): TraceHeaders
  /** `error` is a word for what broke; a refusal is none. */
  end(facts?: SpanFacts, error?: string): void
}

/** How a span begins. */
export interface SpanStart {
  readonly kind?: 'server' | 'client'
  /** The hop before this one; without it the span is a part of what is being done. */
  readonly parent?: TraceHeaders | undefined
  readonly facts?: SpanFacts
}

/** There only while an SDK is: without one nothing is made, and nothing costs. */
let api: typeof Api | undefined

/**
 * Takes up `@opentelemetry/api` where it is installed and an SDK was registered before (`node
 * --import`); answers whether there is one. Never fails.
 */
export async function openTracing(): Promise<boolean> {
  const found = await import('@opentelemetry/api').catch(() => undefined)
  if (found === undefined) return false
  const probe = found.trace.getTracer('writ').startSpan('writ.start')
  api = found.isSpanContextValid(probe.spanContext()) ? found : undefined
  probe.end()
  return api !== undefined
}

/** Begins a span; undefined while nobody traces. */
export function startSpan(name: string, start: SpanStart = {}): Span | undefined {
  if (api === undefined) return undefined
  const { kind, parent, facts = {} } = start
  const kinds = { server: api.SpanKind.SERVER, client: api.SpanKind.CLIENT }
  const within = parent === undefined ? api.context.active() : remoteContext(api, parent)
  const span = api.trace.getTracer('writ').startSpan(
    name,
    {
      kind: kind === undefined ? api.SpanKind.INTERNAL : kinds[kind],
      attributes: { ...facts },
    },
    within,
  )
  return spanOver(api, span, within)
}

/**
 * Does work as one span; a refusal is told by its word, a throw by its class. While nobody traces
 * it is the work alone, with no promise around that of the work.
 */
export function inSpan<T>(name: string, work: () => Promise<T>, start: SpanStart = {}): Promise<T> {
  const span = startSpan(name, start)
  return span === undefined ? work() : workIn(span, work)
}

async function workIn<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    const value = await span.hold(work)
    span.end(refusalIn(value))
    return value
  } catch (error) {
    span.end({}, error instanceof Error ? error.name : typeof error)
    throw error
  }
}

/** The headers of what is being done now; what came along, while nobody traces. */
export function traceOnward(came: TraceHeaders | undefined): TraceHeaders | undefined {
  const span = api?.trace.getActiveSpan()
  return api === undefined || span === undefined ? came : headersOf(span.spanContext())
}

function spanOver(otel: typeof Api, span: Api.Span, within: Api.Context): Span {
  return {
    set: (facts) => void span.setAttributes({ ...facts }),
    name: (name) => void span.updateName(name),
    hold: (work) => otel.context.with(otel.trace.setSpan(within, span), work),
    headers: () => headersOf(span.spanContext()),
    end(facts = {}, error) {
      span.setAttributes({ ...facts })
      if (error !== undefined) {
        span.setAttribute('error.type', error)
        span.setStatus({ code: otel.SpanStatusCode.ERROR })
      }
      span.end()
    },
  }
}

function remoteContext(otel: typeof Api, { traceparent, tracestate }: TraceHeaders): Api.Context {
  return otel.trace.setSpanContext(otel.ROOT_CONTEXT, {
    traceId: traceparent.slice(3, 35),
    spanId: traceparent.slice(36, 52),
    traceFlags: Number.parseInt(traceparent.slice(53), 16),
    isRemote: true,
    ...(tracestate === undefined ? {} : { traceState: otel.createTraceState(tracestate) }),
  })
}

function headersOf({ traceId, spanId, traceFlags, traceState }: Api.SpanContext): TraceHeaders {
  const flags = traceFlags.toString(16).padStart(2, '0')
  const traceparent = `00-${traceId}-${spanId}-${flags}`
  return readTrace(traceparent, traceState?.serialize()) ?? { traceparent }
}

function refusalIn(value: unknown): SpanFacts {
  if (typeof value !== 'object' || value === null) return {}
  const { ok, refusal } = value as { ok?: unknown; refusal?: { code?: unknown } }
  const code = ok === false ? refusal?.code : undefined
  return typeof code === 'string' ? { 'writ.refusal': code } : {}
}
