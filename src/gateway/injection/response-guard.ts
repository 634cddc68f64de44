import type { IncomingHttpHeaders } from 'node:http'
import { Scrubber } from './scrubber.ts'

/** Keeps one secret out of one answer. */
export interface ResponseGuard {
  /**
   * What of a head may go on; undefined when the body could not be read: it comes in a coding, in
   * a charset of which ASCII is no part, or is only a part. To be asked once, before any bytes.
   */
  head(status: number, headers: IncomingHttpHeaders): IncomingHttpHeaders | undefined
  /** What of the body may go on by now. */
  push(chunk: Buffer): Buffer
  /** The last of the body. */
  end(): Buffer
  /** Overwrites the secret; the call is over. */
  forget(): void
}

/** They tell of bytes that may have been changed, or offer parts. */
const DROPPED: ReadonlySet<string> = new Set([
  'accept-ranges',
  'content-digest',
  'content-md5',
  'digest',
  'repr-digest',
])
/** Answers of which each line is of use by itself, often long before the next. */
const LINES = /^(?:text\/event-stream|application\/(?:x-ndjson|ndjson|jsonl|x-jsonlines))\b/i
const PARTIAL = 206
const PARTS = /^multipart\/byteranges\b/i
/** Letters of ASCII are other bytes there. */
const FOREIGN_CHARSET = new RegExp(
  'charset\\s*=\\s*["\']?(?:x-)?' +
    '(?:(?:unicode-1-1-|cs)?utf-?7|utf-?ebcdic|ebcdic|scsu|bocu|ibm|cp0|cp1[01])',
  'i',
)

/** Opens one with a copy of the secret, and of the forms in which it was sent. */
export function createResponseGuard(
  secret: Uint8Array,
  sent: readonly Uint8Array[],
): ResponseGuard {
  const scrubber = new Scrubber(secret, sent)
  let byLine = false
  return {
    head(status, headers) {
      if (status === PARTIAL || isCoded(headers)) return undefined
      const type = String(headers['content-type'] ?? '').trim()
      if (PARTS.test(type) || FOREIGN_CHARSET.test(type)) return undefined
      byLine = LINES.test(type)
      const kept: IncomingHttpHeaders = {}
      for (const [name, value] of Object.entries(headers)) {
        if (DROPPED.has(name) || scrubber.finds(name)) continue
        if (Array.isArray(value)) kept[name] = value.filter((one) => !scrubber.finds(one))
        else if (value !== undefined && !scrubber.finds(value)) kept[name] = value
      }
      return kept
    },
    push: (chunk) => scrubber.push(chunk, byLine),
    end: () => scrubber.end(),
    forget: () => scrubber.forget(),
  }
}

/** In a coding of its content, or compressed on its way (RFC 9112 §7.2). */
function isCoded(headers: IncomingHttpHeaders): boolean {
  const content = String(headers['content-encoding'] ?? '').trim()
  const transfer = String(headers['transfer-encoding'] ?? '').trim()
  const plain = ['', 'identity', 'chunked']
  return (
    !plain.includes(transfer.toLowerCase()) || !plain.slice(0, 2).includes(content.toLowerCase())
  )
}
