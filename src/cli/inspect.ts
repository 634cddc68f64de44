import { readJson } from '../domain/json.ts'
import { TOKEN_BYTES_MAX } from '../domain/limits.ts'
import type { Json } from '../domain/scope/types.ts'
import { malformed } from './input.ts'

/** What a token says about itself. None of it has been verified. */
export interface InspectedToken {
  readonly verified: false
  readonly header: Json
  readonly claims: Json
  /** What `exp` amounts to by this machine's clock; undefined when there is no such claim. */
  readonly expires?: { readonly at: string; readonly past: boolean }
}

/**
 * Decodes a compact JWS (RFC 7515 §7.1) without a key and without the network. Malformed text is
 * refused with a pointer to the part: `/0` header, `/1` claims.
 */
export function inspectToken(text: string, now: Date): InspectedToken {
  if (text.length > TOKEN_BYTES_MAX) throw malformed('', 'No token is longer than 8 KiB.')
  const parts = text.split('.')
  const [head, body] = parts
  if (parts.length !== 3 || head === undefined || body === undefined) {
    throw malformed('', 'A token has three parts with dots between them.')
  }
  const header = decodePart(head, '/0')
  const claims = decodePart(body, '/1')
  const exp = memberOf(claims, 'exp')
  if (typeof exp !== 'number' || !Number.isSafeInteger(exp) || Math.abs(exp) > 8.64e12) {
    return { verified: false, header, claims }
  }
  const at = new Date(exp * 1_000)
  return { verified: false, header, claims, expires: { at: at.toISOString(), past: at <= now } }
}

function decodePart(part: string, pointer: string): Json {
  const bytes = Buffer.from(part, 'base64url')
  if (bytes.toString('base64url') !== part) throw malformed(pointer, 'Not canonical base64url.')
  const read = readJson(bytes.toString('utf8'))
  if (read.ok) return read.value
  throw malformed(`${pointer}${read.pointer}`, read.detail)
}

function memberOf(value: Json, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return (value as { readonly [member: string]: Json })[name]
}
