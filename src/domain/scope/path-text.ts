/** What a scan of a raw path found: why it is refused, or whether it has a `%2F`. */
type PathScan =
  | { readonly fault: string }
  | { readonly fault: undefined; readonly encodedSlash: boolean }

const PLAIN: PathScan = { fault: undefined, encodedSlash: false }
const ENCODED_SLASH: PathScan = { fault: undefined, encodedSlash: true }

const SLASH = 0x2f
const PERCENT = 0x25
const DOT = 0x2e

/**
 * By character code: 1 where RFC 3986 lets the character stand for itself in a segment, but `;`.
 */
const IN_SEGMENT = tableOf(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,=:@",
)
/** By octet: 1 where RFC 3986 §2.3 calls it unreserved, so that an escape of it is needless. */
const UNRESERVED = tableOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~')

/**
 * Scans `text` from `from` to `to` as an absolute path in its one canonical spelling. Refused,
 * never repaired: raw control, non-ASCII and reserved characters, `;` and `\` raw or escaped,
 * broken, lowercase and needless escapes, escaped controls, double encoding, octets that are not
 * UTF-8, empty inner segments, and dot segments, also between `%2F`. One pass, no allocation.
 */
export function scanPath(text: string, from: number, to: number): PathScan {
  if (from >= to || text.charCodeAt(from) !== SLASH) return NOT_ABSOLUTE
  let encodedSlash = false
  let segment = from + 1
  let piece = from + 1
  for (let i = from + 1; i < to; i += 1) {
    const code = text.charCodeAt(i)
    if (code === SLASH) {
      if (i === segment) return EMPTY_SEGMENT
      if (isDots(text, piece, i)) return DOT_SEGMENT
      segment = i + 1
      piece = i + 1
    } else if (code === PERCENT) {
      const octet = octetAt(text, i, to)
      const fault = faultOfEscape(octet, text, i, to)
      if (fault !== undefined) return fault
      if (octet === SLASH) {
        if (isDots(text, piece, i)) return DOT_SEGMENT
        encodedSlash = true
        piece = i + 3
      }
      i += octet < 0x80 ? 2 : utf8Octets(octet) * 3 - 1
    } else if (!(code < 0x80 && IN_SEGMENT[code] === 1)) {
      return BAD_CHARACTER
    }
  }
  if (isDots(text, piece, to)) return DOT_SEGMENT
  return encodedSlash ? ENCODED_SLASH : PLAIN
}

/** The octet of an upper-case escape at `at`, or −1 when there is none before `to`. */
function octetAt(text: string, at: number, to: number): number {
  if (at + 2 >= to || text.charCodeAt(at) !== PERCENT) return -1
  const high = hexDigit(text.charCodeAt(at + 1))
  const low = hexDigit(text.charCodeAt(at + 2))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

/** The value of an upper-case hexadecimal digit, or −1. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  return code >= 0x41 && code <= 0x46 ? code - 0x37 : -1
}

const NOT_ABSOLUTE: PathScan = { fault: 'the path does not begin with a slash' }
const EMPTY_SEGMENT: PathScan = { fault: 'the path has an empty segment' }
const DOT_SEGMENT: PathScan = { fault: 'the path has a dot segment' }
const BAD_CHARACTER: PathScan = { fault: 'the path has a character that has to be escaped' }
const BROKEN_ESCAPE: PathScan = { fault: 'the path has a broken or lowercase escape' }
const NEEDLESS_ESCAPE: PathScan = { fault: 'the path escapes a character that needs no escape' }
const FORBIDDEN_ESCAPE: PathScan = {
  fault: 'the path escapes a control, a backslash or a semicolon',
}
const DOUBLE_ENCODING: PathScan = { fault: 'the path is encoded twice' }
const NOT_UTF8: PathScan = { fault: 'the path has octets that are not UTF-8' }

function faultOfEscape(octet: number, text: string, at: number, to: number): PathScan | undefined {
  if (octet < 0) return BROKEN_ESCAPE
  if (octet >= 0x80) return isUtf8(octet, text, at, to) ? undefined : NOT_UTF8
  if (UNRESERVED[octet] === 1) return NEEDLESS_ESCAPE
  if (octet < 0x20 || octet === 0x7f || octet === 0x5c || octet === 0x3b) return FORBIDDEN_ESCAPE
  if (octet !== PERCENT) return undefined
  const next = at + 3
  return next + 1 < to && isAnyHex(text.charCodeAt(next)) && isAnyHex(text.charCodeAt(next + 1))
    ? DOUBLE_ENCODING
    : undefined
}

function isAnyHex(code: number): boolean {
  return hexDigit(code) >= 0 || (code >= 0x61 && code <= 0x66)
}

/** Length of the UTF-8 sequence a lead octet announces. */
function utf8Octets(lead: number): number {
  if (lead < 0xe0) return 2
  return lead < 0xf0 ? 3 : 4
}

/** Whether escapes from `at` spell one well-formed UTF-8 sequence (RFC 3629 §4). */
function isUtf8(lead: number, text: string, at: number, to: number): boolean {
  if (lead < 0xc2 || lead > 0xf4) return false
  const second = octetAt(text, at + 3, to)
  // Neither overlong forms nor surrogates nor anything above U+10FFFF.
  if (second < (lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80)) return false
  if (second > (lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf)) return false
  for (let k = 2; k < utf8Octets(lead); k += 1) {
    const octet = octetAt(text, at + 3 * k, to)
    if (octet < 0x80 || octet > 0xbf) return false
  }
  return true
}

function isDots(text: string, start: number, end: number): boolean {
  const length = end - start
  if (length !== 1 && length !== 2) return false
  return text.charCodeAt(start) === DOT && text.charCodeAt(end - 1) === DOT
}

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(128)
  for (const character of characters) table[character.charCodeAt(0)] = 1
  return table
}
