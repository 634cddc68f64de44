import type { IncomingHttpHeaders } from 'node:http'
import { StringDecoder } from 'node:string_decoder'
import { USAGE_BYTES_MAX } from '../domain/limits.ts'
import type { TokenUsage } from '../domain/price.ts'

/**
 * Reads what an answer says of its usage from the bytes as they pass: a copy of at most
 * USAGE_BYTES_MAX of a JSON document, or of one line of an event stream. It holds nothing up and
 * changes nothing. Only members at their place count (`usage`, and those of `message` and
 * `response` in events), so text that a model was made to say is never taken for it; of several
 * the largest number of each kind. What is coded, larger, broken off, without the event that ends a
 * stream, or not understood is unknown. Shapes: OpenAI (chat completions, responses), Anthropic.
 */
export class UsageReader {
  readonly #kind: 'json' | 'events' | 'other'
  readonly #decoder = new StringDecoder('utf8')
  #text = ''
  #bytes = 0
  #lost = false
  #ended = false
  #found: Found = {}

  constructor(headers: IncomingHttpHeaders) {
    const coding = headers['content-encoding']
    const media = String(headers['content-type'] ?? '').split(';', 1)[0]
    const plain = coding === undefined || coding === 'identity'
    const kinds = { 'application/json': 'json', 'text/event-stream': 'events' } as const
    this.#kind =
      (plain ? kinds[media?.trim().toLowerCase() as keyof typeof kinds] : undefined) ?? 'other'
  }

  /** A piece of the body. */
  read(chunk: Buffer): void {
    if (this.#kind === 'other' || this.#lost) return
    this.#bytes += chunk.length
    if (this.#bytes > USAGE_BYTES_MAX) {
      this.#lost = true
      this.#text = ''
      return
    }
    const piece = this.#decoder.write(chunk)
    this.#text += piece
    if (this.#kind === 'events' && /[\r\n]/.test(piece)) this.#readLines()
  }

  /** What it came to, once all of the body has passed. */
  usage(): TokenUsage | undefined {
    if (this.#lost || this.#kind === 'other') return undefined
    this.#text += this.#decoder.end()
    if (this.#kind === 'json') this.#readDocument()
    else this.#readEvent(this.#text)
    const { input, output, cacheRead = 0, cacheWrite = 0 } = this.#found
    if (this.#lost || !this.#ended) return undefined
    if (input === undefined || output === undefined) return undefined
    return { input: input + cacheRead, output, cacheWrite }
  }

  #readLines(): void {
    const lines = this.#text.split(/\r\n|\n|\r/)
    this.#text = lines.pop() ?? ''
    this.#bytes = this.#text.length
    for (const line of lines) this.#readEvent(line)
  }

  #readEvent(line: string): void {
    if (!line.startsWith('data:')) return
    const text = line.slice('data:'.length).trim()
    // Inside the text of a model every quotation mark has a backslash before it.
    if (text === '[DONE]' || ENDINGS.some((word) => text.includes(word))) this.#ended = true
    if (!text.includes('"usage"')) return
    const { usage, message, response } = this.#members(text)
    this.#note(usage)
    this.#note(membersOf(response)['usage'])
    // What an answer begins with says what went in; how much comes out is not known by then.
    this.#note({ ...membersOf(membersOf(message)['usage']), output_tokens: undefined })
  }

  #readDocument(): void {
    this.#ended = true
    this.#note(this.#members(this.#text)['usage'])
  }

  /** A document that can not be read is unknown, and so is an event that tells of a usage. */
  #members(text: string): Readonly<Record<string, unknown>> {
    try {
      return membersOf(JSON.parse(text))
    } catch {
      this.#lost = true
      return {}
    }
  }

  #note(told: unknown): void {
    const found = this.#found
    const usage = membersOf(told)
    this.#found = {
      input: larger(found.input, usage['prompt_tokens'], usage['input_tokens']),
      output: larger(found.output, usage['completion_tokens'], usage['output_tokens']),
      cacheRead: larger(found.cacheRead, usage['cache_read_input_tokens']),
      cacheWrite: larger(found.cacheWrite, usage['cache_creation_input_tokens']),
    }
  }
}

/** Events that a stream ends with; OpenAI's chat completions end with `[DONE]`. */
const ENDINGS: readonly string[] = [
  '"message_stop"',
  '"response.completed"',
  '"response.incomplete"',
  '"response.failed"',
]

interface Found {
  readonly input?: number | undefined
  readonly output?: number | undefined
  readonly cacheRead?: number | undefined
  readonly cacheWrite?: number | undefined
}

function larger(known: number | undefined, ...told: readonly unknown[]): number | undefined {
  let most = known
  for (const one of told) {
    if (typeof one !== 'number' || !Number.isSafeInteger(one) || one < 0) continue
    if (most === undefined || one > most) most = one
  }
  return most
}

function membersOf(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {}
}
