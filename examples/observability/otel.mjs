// Loaded before Writ: node --import ./otel.mjs … Spans go to the file OTEL_SPANS_FILE, one JSON
// line each; put the exporter of your collector in the place of ToFile.
import { appendFileSync } from 'node:fs'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'

class ToFile {
  export(spans, done) {
    for (const span of spans) {
      const { traceId, spanId } = span.spanContext()
      const { name, kind, attributes, status } = span
      const parentId = span.parentSpanContext?.spanId
      const line = { traceId, spanId, parentId, pid: process.pid, name, kind, attributes, status }
      appendFileSync(process.env.OTEL_SPANS_FILE ?? 'spans.jsonl', `${JSON.stringify(line)}\n`)
    }
    done({ code: 0 })
  }

  async shutdown() {}
}

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const spanProcessors = [new SimpleSpanProcessor(new ToFile())]
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }))
