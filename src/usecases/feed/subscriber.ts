import type { TenantId } from '../../domain/ids.ts'
import { EVENT_STREAM_RETRY_MS, FEED_BUFFER_BYTES_MAX, FEED_STALL_MS } from '../../domain/limits.ts'
import { retryAfter, spread } from '../event-streams.ts'

/** Who follows the feed, and how to reach it. */
export interface Following {
  readonly tenant: TenantId
  /** Names who it is, for what one may have at once. */
  readonly who: string
  /** The newest number it has seen; 0 asks for a snapshot. */
  readonly after: number
  /** Whether it stays for what comes; else it gets what is there, and the stream ends. */
  readonly follow: boolean
  /** Whether it still may: certificate and standing, asked again while the stream lives. */
  readonly stillMay: () => Promise<boolean>
  /** Breaks the connection off, for one that does not read. */
  readonly cut: () => void
}

const encoder = new TextEncoder()
/** Tells a browser's EventSource how soon to come back. */
const GREETING = encoder.encode(retryAfter(EVENT_STREAM_RETRY_MS))

/**
 * One stream of the feed. What waits for a reader is bounded: one that takes nothing for
 * FEED_STALL_MS, or falls FEED_BUFFER_BYTES_MAX behind, is cut off and may come again.
 */
export class Subscriber {
  readonly order: Following
  readonly stream: ReadableStream<Uint8Array>
  readonly #left: (subscriber: Subscriber) => void
  #queue: Uint8Array[] = [GREETING]
  #bytes = 0
  #bytesMax = FEED_BUFFER_BYTES_MAX
  #ended = false
  #takenAt = performance.now()
  #wake: () => void = () => undefined

  constructor(order: Following, left: (subscriber: Subscriber) => void) {
    this.order = order
    this.#left = left
    this.stream = new ReadableStream<Uint8Array>({
      pull: (controller) => this.#pull(controller),
      cancel: () => this.end(),
    })
  }

  /** The tenant it hears of. */
  get tenant(): TenantId {
    return this.order.tenant
  }

  /** Where it stands when it comes. */
  get after(): number {
    return this.order.after
  }

  /** Its first events: a snapshot may be larger than all that may wait later. */
  begin(events: readonly Uint8Array[]): void {
    this.#bytesMax = FEED_BUFFER_BYTES_MAX + events.reduce((sum, { length }) => sum + length, 0)
    this.#takenAt = performance.now()
    this.offer(events)
    if (!this.order.follow) this.#finish()
  }

  /** More events; cuts the stream when it is too far behind. */
  offer(events: readonly Uint8Array[]): void {
    if (this.#ended) return
    const stalled = this.#queue.length > 0 && performance.now() - this.#takenAt > FEED_STALL_MS
    for (const event of events) {
      this.#queue.push(event)
      this.#bytes += event.length
    }
    if (stalled || this.#bytes > this.#bytesMax) {
      this.end()
      this.order.cut()
    }
    this.#wake()
  }

  /** Ends the stream at once; what waited is not told any more. */
  end(): void {
    this.#queue = []
    this.#finish()
  }

  /** Ends the stream since the process does; the last word says how soon to come to another. */
  sayGoodbye(): void {
    this.#queue = [encoder.encode(retryAfter(spread()))]
    this.#finish()
  }

  #finish(): void {
    if (this.#ended) return
    this.#ended = true
    this.#wake()
    this.#left(this)
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    while (this.#queue.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#takenAt = performance.now()
    const event = this.#queue.shift()
    if (event === undefined) return controller.close()
    this.#bytes -= event.length
    controller.enqueue(event)
  }
}
