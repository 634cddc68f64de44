import { setTimeout as wait } from 'node:timers/promises'
import {
  EVENT_STREAM_POLL_MS,
  EVENT_STREAM_RETRY_MS,
  EVENT_STREAMS_MAX,
  EVENT_STREAMS_PER_CALLER_MAX,
  FEED_HEARTBEAT_MS,
  FEED_RECHECK_MS,
} from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'

/** One event of a stream; `data` is one line. */
export interface StreamEvent {
  /** What `Last-Event-ID` says to go on after this event. */
  readonly id: string
  readonly event: string
  readonly data: string
}

/** Looks once for what is new since it was asked last; `more` when it stopped at its bound. */
export type Look = () => Promise<{
  readonly events: readonly StreamEvent[]
  readonly more: boolean
}>

/** Who follows what. */
export interface Following {
  readonly who: string
  readonly look: Look
  /** Whether it stays for what comes; else it gets what is there, and the stream ends. */
  readonly follow: boolean
  readonly stillMay: () => Promise<boolean>
}

/**
 * Streams of server-sent events (HTML Living Standard §9.2). Each looks into the store itself, so
 * that it tells what any process decided. A stream whose store does not answer ends; its reader
 * comes again with `Last-Event-ID` and misses nothing.
 */
export class EventStreams {
  readonly #open = new Map<AbortController, string>()
  #closed = false

  /** Opens a stream; refuses `overloaded` when there are too many. */
  follow(order: Following): Result<ReadableStream<Uint8Array>> {
    const own = [...this.#open.values()].filter((who) => who === order.who).length
    const full = this.#open.size >= EVENT_STREAMS_MAX || own >= EVENT_STREAMS_PER_CALLER_MAX
    if (this.#closed || full) return refuse('overloaded', { streams: this.#open.size, own })
    const ended = new AbortController()
    this.#open.set(ended, order.who)
    const texts = textsOf(order, ended.signal)
    const end = (): void => {
      this.#open.delete(ended)
      ended.abort()
    }
    const stream = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const next = await texts.next().catch(() => ({ done: true as const, value: undefined }))
        if (next.done !== true) return controller.enqueue(encoder.encode(next.value))
        end()
        controller.close()
      },
      cancel: end,
    })
    return accept(stream)
  }

  /** Ends every stream and takes no more. */
  close(): void {
    this.#closed = true
    for (const ended of this.#open.keys()) ended.abort()
  }
}

const encoder = new TextEncoder()

async function* textsOf(order: Following, ended: AbortSignal): AsyncGenerator<string> {
  let toldAt = performance.now()
  let askedAt = toldAt
  yield retryAfter(EVENT_STREAM_RETRY_MS)
  while (!ended.aborted) {
    const { events, more } = await order.look()
    for (const { id, event, data } of events) yield `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`
    const moment = performance.now()
    if (events.length > 0) toldAt = moment
    else if (moment - toldAt > FEED_HEARTBEAT_MS) {
      toldAt = moment
      yield ': still here\n\n'
    }
    if (moment - askedAt > FEED_RECHECK_MS) {
      if (!(await order.stillMay().catch(() => false))) return
      askedAt = moment
    }
    if (more) continue
    if (!order.follow) return
    await pause(ended)
  }
  yield retryAfter(spread())
}

/** Tells a reader how soon to come again, should the stream end (HTML Living Standard §9.2.6). */
export function retryAfter(milliseconds: number): string {
  return `retry: ${milliseconds}\n\n`
}

/** For readers of a process that ends: soon, and not all in the same moment. */
export function spread(): number {
  return Math.ceil((0.5 + Math.random()) * EVENT_STREAM_RETRY_MS)
}

async function pause(ended: AbortSignal): Promise<void> {
  await wait(EVENT_STREAM_POLL_MS, undefined, { signal: ended, ref: false }).catch(() => undefined)
}
