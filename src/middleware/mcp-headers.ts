import type { Arrival } from './arrival.ts'

/** The member of the parameters that `Mcp-Name` repeats (MCP 2026-07-28, SEP-2243). */
const NAMED_BY: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
])

/** The first protocol version in which the headers have to be there. */
const HEADERS_SINCE = '2026-07-28'
const BASE64 = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/

/**
 * Whether `Mcp-Method` and `Mcp-Name` say what the body says, which alone is judged. They may be
 * absent before protocol version 2026-07-28, never repeated, and never name anything else: a proxy
 * in front may have decided by them.
 */
export function headersAgree(
  arrival: Pick<Arrival, 'header'>,
  method: string,
  params: Readonly<Record<string, unknown>>,
): boolean {
  const versions = arrival.header('mcp-protocol-version')
  const needed = versions.some((version) => version >= HEADERS_SINCE)
  if (versions.length > 1) return false
  if (!agrees(arrival.header('mcp-method'), method, needed)) return false
  const member = NAMED_BY.get(method)
  const names = arrival.header('mcp-name')
  if (member === undefined) return names.length <= 1
  const name = params[member]
  return typeof name === 'string' && agrees(names.map(decoded), name, needed)
}

function agrees(
  values: readonly (string | undefined)[],
  expected: string,
  needed: boolean,
): boolean {
  const [only] = values
  if (values.length === 0) return !needed
  return values.length === 1 && only === expected
}

/** A name that is no plain header text comes as base64 of its UTF-8; undefined when broken. */
function decoded(value: string): string | undefined {
  if (!value.startsWith('=?base64?')) return value
  const encoded = BASE64.exec(value)?.[1]
  if (encoded === undefined) return undefined
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
