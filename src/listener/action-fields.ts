import { z } from 'zod'
import { ACTION_HEADER_CHARACTERS_MAX, ACTION_HEADERS_MAX } from '../domain/limits.ts'

/** The name of a route of the gateway. */
export const ACTION_ROUTE = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/
export const ACTION_METHOD = /^[A-Z]{1,16}$/
/** Path and query behind a route, as they are to be sent. */
export const ACTION_PATH = /^\/[\x21\x22\x24-\x7e]*$/

/** Where a message begins and ends, whose it is and where it goes: for the service to say. */
const OURS: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Headers of a call that is made for an agent. */
export const actionHeaders = z
  .record(
    z
      .string()
      .regex(/^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/, 'Names of headers are lowercase.')
      .refine(
        (name) => !OURS.has(name) && !name.startsWith('proxy-'),
        'This header is for the service to write.',
      ),
    z
      .string()
      .max(ACTION_HEADER_CHARACTERS_MAX)
      .regex(/^(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?$/),
  )
  .refine((all) => Object.keys(all).length <= ACTION_HEADERS_MAX, 'There are too many headers.')

/** A body that is no text. */
export const actionBase64 = z
  .string()
  .regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'This is no base64.')

/** The bytes of a body that came as text, in base64, or not at all. */
export function bodyBytes(text: string | undefined, base64: string | undefined) {
  if (base64 !== undefined) return Buffer.from(base64, 'base64')
  return text === undefined ? undefined : Buffer.from(text)
}

/** A body as text where it is valid UTF-8, else in base64. */
export function bodyText(body: Buffer): { body: string; body_encoding: 'text' | 'base64' } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
    return { body: text, body_encoding: 'text' }
  } catch {
    return { body: body.toString('base64'), body_encoding: 'base64' }
  }
}

/** Headers of an answer as JSON has them. */
export function headersText(
  headers: Readonly<Record<string, string | readonly string[]>>,
): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : [...value],
    ]),
  )
}
