import { readJson } from '../domain/json.ts'
import { API_BODY_TIMEOUT_MS, JSON_NESTING_MAX } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { Json } from '../domain/scope/types.ts'
import type { HttpContext } from './context.ts'

/** `application/json`, in UTF-8 where it says so. */
export const JSON_TYPE = /^application\/json[ \t]*(;[ \t]*charset[ \t]*=[ \t]*"?utf-8"?[ \t]*)?$/i

/** A body that was read: its JSON, and the exact text for fingerprints. */
export interface ReadBody {
  readonly value: Json
  readonly text: string
}

/**
 * Reads a JSON body strictly (RFC 8259): `application/json` is demanded first, since the framework
 * hands on an empty object without it; at most `bytesMax` bytes are taken; UTF-8 has to be valid;
 * duplicate members and numbers that lose their value are refused.
 * Refusals: `media_type`, `too_large`, `malformed` with a pointer.
 */
export async function readBody(c: HttpContext, bytesMax: number): Promise<Result<ReadBody>> {
  const taken = await readText(c, bytesMax, JSON_TYPE)
  if (!taken.ok) return taken
  const text = taken.value
  const read = readJson(text, JSON_NESTING_MAX)
  return read.ok ? accept({ value: read.value, text }) : malformed(read.pointer, read.detail)
}

/**
 * The text of a body of one media type: at most `bytesMax` bytes, uncompressed, valid UTF-8, and
 * here within API_BODY_TIMEOUT_MS.
 * Refusals: `media_type`, `too_large`, `malformed`.
 */
export async function readText(
  c: HttpContext,
  bytesMax: number,
  mediaType: RegExp,
): Promise<Result<string>> {
  if (!mediaType.test(c.req.header('content-type') ?? '')) return refuse('media_type')
  const coding = c.req.header('content-encoding')
  if (coding !== undefined && coding.toLowerCase() !== 'identity') return refuse('media_type')

  const declared = Number(c.req.header('content-length') ?? '0')
  if (!(declared <= bytesMax)) return refuse('too_large', { declared })
  const bytes = await take(c.req.raw.body, bytesMax)
  if (bytes === 'too_large') return refuse('too_large', { bytesMax })
  if (bytes === 'too_slow') return malformed('', 'The body did not come in time.')
  if (bytes === 'broken_off') return malformed('', 'The body was broken off.')

  const text = decode(bytes)
  return text === undefined ? malformed('', 'The body is not UTF-8.') : accept(text)
}

/** Refuses a body where none is expected: what is not read should not be sent. */
export async function requireNoBody(c: HttpContext): Promise<Result<void>> {
  if (c.req.raw.body === null) return accept(undefined)
  const bytes = await take(c.req.raw.body, 0)
  return typeof bytes === 'string'
    ? malformed('', 'This address takes no body.')
    : accept(undefined)
}

function malformed(pointer: string, detail: string): Result<never> {
  return refuse('malformed', {}, [{ pointer, code: 'malformed', detail }])
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** The whole stream, unless it is longer than `max` bytes, too slow, or its sender is gone. */
async function take(
  stream: ReadableStream<Uint8Array> | null,
  max: number,
): Promise<Uint8Array | 'too_large' | 'too_slow' | 'broken_off'> {
  if (stream === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let length = 0
  let isLate = false
  const reader = stream.getReader()
  const timer = setTimeout(() => {
    isLate = true
    reader.cancel().catch(() => undefined)
  }, API_BODY_TIMEOUT_MS)
  try {
    for (;;) {
      const step = await reader.read()
      if (isLate) return 'too_slow'
      if (step.done) return Buffer.concat(chunks)
      length += step.value.byteLength
      if (length > max) {
        await reader.cancel()
        return 'too_large'
      }
      chunks.push(step.value)
    }
  } catch {
    return 'broken_off'
  } finally {
    clearTimeout(timer)
  }
}
