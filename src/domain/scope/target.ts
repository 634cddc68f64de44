import { TARGET_CHARACTERS_MAX } from '../limits.ts'
import { isHost } from './host.ts'
import { malformed, type Parsed, parsed } from './parsed.ts'
import { scanPath } from './path-text.ts'

/** The parts of a raw request target, each exactly as it will be forwarded (host in lower case). */
export interface Target {
  readonly scheme: 'https' | 'http'
  readonly host: string
  readonly port: number
  readonly path: string
  readonly encodedSlash: boolean
  /** Without the question mark; undefined when there is none. */
  readonly query: string | undefined
}

/**
 * Splits `https://host[:port]/path[?query]` in one pass. Nothing is repaired: user information,
 * fragments, an empty or padded port, other schemes, hosts that are not canonical but for ASCII
 * case and paths that are not canonical are refused. The query keeps any printable ASCII with whole
 * escapes.
 */
export function splitTarget(target: string): Parsed<Target> {
  if (target.length > TARGET_CHARACTERS_MAX) return refused('the target is too long')
  const scheme = target.startsWith('https://') ? 'https' : 'http'
  if (scheme === 'http' && !target.startsWith('http://')) {
    return refused('the target does not begin with https:// or http://')
  }
  const start = scheme.length + 3
  const slash = target.indexOf('/', start)
  if (slash < 0) return refused('the target has no path')
  const hostEnd = endOfHost(target, start, slash)
  const host = foldCase(target.slice(start, hostEnd))
  if (!isHost(host)) return refused('the host is not a canonical host')
  const port = readPort(target, hostEnd, slash, scheme === 'https' ? 443 : 80)
  if (port === undefined) return refused('the port is not a canonical port')

  const mark = target.indexOf('?', slash)
  const pathEnd = mark < 0 ? target.length : mark
  const scan = scanPath(target, slash, pathEnd)
  if (scan.fault !== undefined) return refused(scan.fault)
  if (mark >= 0 && !isQuery(target, mark + 1)) {
    return refused('the query has a broken escape or a character that has to be escaped')
  }
  const { encodedSlash } = scan
  const path = target.slice(slash, pathEnd)
  const query = mark < 0 ? undefined : target.slice(mark + 1)
  return parsed({ scheme, host, port, path, encodedSlash, query })
}

function refused(detail: string): Parsed<never> {
  return malformed('/target', detail)
}

/** Where the host ends: at its closing bracket, at a colon, or at the slash. */
function endOfHost(target: string, start: number, slash: number): number {
  if (target[start] === '[') {
    const bracket = target.indexOf(']', start)
    return bracket < 0 ? slash : bracket + 1
  }
  const colon = target.indexOf(':', start)
  return colon < 0 || colon > slash ? slash : colon
}

/** Host names are compared without ASCII case (RFC 3986 §3.2.2); no other character is touched. */
function foldCase(host: string): string {
  return /[A-Z]/.test(host) ? host.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : host
}

function readPort(target: string, from: number, to: number, absent: number): number | undefined {
  if (from === to) return absent
  const digits = to - from - 1
  if (target[from] !== ':' || digits < 1 || digits > 5 || target[from + 1] === '0') return undefined
  let port = 0
  for (let i = from + 1; i < to; i += 1) {
    const digit = target.charCodeAt(i) - 0x30
    if (!(digit >= 0 && digit <= 9)) return undefined
    port = port * 10 + digit
  }
  return port <= 65535 ? port : undefined
}

function isQuery(target: string, from: number): boolean {
  for (let i = from; i < target.length; i += 1) {
    const code = target.charCodeAt(i)
    if (code === 0x25) {
      if (!isHex(target.charCodeAt(i + 1)) || !isHex(target.charCodeAt(i + 2))) return false
      i += 2
    } else if (code <= 0x20 || code >= 0x7f || isNeverInQuery(code)) {
      return false
    }
  }
  return true
}

/** `"`, `#`, `<`, `>` and `\`: every client escapes them, and software disagrees about them. */
function isNeverInQuery(code: number): boolean {
  return code === 0x22 || code === 0x23 || code === 0x3c || code === 0x3e || code === 0x5c
}

/** A hexadecimal digit of either case: inside a query the upstream decides. */
function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66)
}
