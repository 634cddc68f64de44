import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { judgedBodyOf, requireJudgeable } from '../admission/judged-body.ts'
import type { JudgedBody } from '../admission/ports.ts'
import { JUDGED_BODY_BYTES_MAX, JUDGED_BODY_TIMEOUT_MS } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { Arrival } from './arrival.ts'

/** What of a request head says how its body is to be read. */
type BodyHead = Pick<Arrival, 'framing' | 'contentType' | 'contentEncoding'>

/**
 * The body of one request, which is streamed or, once it was judged, exactly the bytes that were
 * judged. Nothing is read of it before it is asked for.
 */
export class RequestBody {
  readonly #request: IncomingMessage
  readonly #head: BodyHead
  readonly #sendContinue: () => void
  #held: Buffer | undefined
  #judged: JudgedBody | undefined
  #judging: Promise<Result<JudgedBody>> | undefined

  constructor(request: IncomingMessage, head: BodyHead, sendContinue: () => void) {
    this.#request = request
    this.#head = head
    this.#sendContinue = sendContinue
  }

  /** Whether the request has none. */
  get isEmpty(): boolean {
    return this.#head.framing === 'none'
  }

  /** What was judged, if anything was. */
  get judged(): JudgedBody | undefined {
    return this.#judged
  }

  /** Reads it whole, once, for who has to judge it or to put something into it. */
  judge(): Promise<Result<JudgedBody>> {
    this.#judging ??= this.#judge()
    return this.#judging
  }

  async #judge(): Promise<Result<JudgedBody>> {
    const readable = judgeable(this.#head)
    if (!readable.ok) return readable
    if (this.#head.framing !== 'none') this.#sendContinue()
    const bytes = await readWhole(this.#request)
    if (!bytes.ok) return bytes
    const read = await judgedBodyOf(bytes.value, this.#head.contentType)
    if (!read.ok) return read
    this.#held = bytes.value
    this.#judged = read.value
    return read
  }

  /**
   * What can still be said of it once the call runs: what was judged, or that there is none.
   * Refuses `status_unknown` for bytes that went on unread.
   */
  async known(): Promise<Result<JudgedBody>> {
    if (this.#judged !== undefined) return accept(this.#judged)
    if (!this.isEmpty) return refuse('status_unknown', { body: 'unread' })
    return judgedBodyOf(Buffer.alloc(0), this.#head.contentType)
  }

  /** What goes to the upstream: the judged bytes, or the stream. Null when there is none. */
  forward(): Buffer | Readable | null {
    if (this.#head.framing === 'none') return null
    if (this.#held !== undefined) return this.#held
    this.#sendContinue()
    return streamOf(this.#request)
  }
}

/** What can be judged and is not longer than the limit, told before a byte is read. */
function judgeable(head: BodyHead): Result<void> {
  const { framing } = head
  const readable = requireJudgeable(head)
  const tooLong = typeof framing === 'number' && framing > JUDGED_BODY_BYTES_MAX
  return readable.ok && tooLong ? refuse('too_large', { body: framing }) : readable
}

/** Stops listening, not the connection, when it gives up: the refusal still has to get out. */
function readWhole(request: IncomingMessage): Promise<Result<Buffer>> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const settle = (result: Result<Buffer>) => {
      clearTimeout(timer)
      request.off('data', onData).off('end', onEnd).off('close', onClose)
      request.pause()
      resolve(result)
    }
    const onData = (chunk: Buffer) => {
      bytes += chunk.length
      chunks.push(chunk)
      if (bytes > JUDGED_BODY_BYTES_MAX) settle(refuse('too_large', { body: bytes }))
    }
    const onEnd = () => settle(accept(Buffer.concat(chunks, bytes)))
    const onClose = () => settle(refuse('malformed', { body: 'broken off' }))
    const timer = setTimeout(
      () => settle(refuse('malformed', { body: 'too slow' })),
      JUDGED_BODY_TIMEOUT_MS,
    )
    request.on('data', onData).once('end', onEnd).once('close', onClose)
  })
}

/**
 * A stream of its own: the upstream client destroys what it was given when a call fails, and that
 * must not take the client connection along, over which the refusal has to go.
 */
function streamOf(request: IncomingMessage): Readable {
  const stream = new Readable({
    read: () => {
      request.resume()
    },
  })
  // The upstream's client listens only while it holds the stream: not while the call waits for a
  // connection, nor after one could not be made. An error nobody hears would end the process.
  stream.on('error', () => undefined)
  request.on('data', (chunk: Buffer) => {
    if (!stream.destroyed && !stream.push(chunk)) request.pause()
  })
  request.once('end', () => stream.push(null))
  request.once('close', () => {
    if (!request.complete) stream.destroy(new Error('the client broke off its request'))
  })
  return stream
}
