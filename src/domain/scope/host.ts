import { formatIpv6, parseIpv4, parseIpv6 } from './address.ts'

/** Octets of a name and of one label (RFC 1035 §2.3.4). */
const NAME_MAX = 253
const LABEL_MAX = 63

/**
 * Whether a text is a host in its one canonical spelling: at least two lowercase LDH labels
 * (A-labels for international names) without a dot at the end, a dotted decimal IPv4 address, or an
 * RFC 5952 IPv6 address in brackets. What some software reads as a number (`0x7f.1`, `2130706433`)
 * is none.
 */
export function isHost(text: string): boolean {
  if (text.startsWith('[')) return isIpv6Literal(text)
  return isName(text, 0) || parseIpv4(text) !== undefined
}

/** Whether a canonical host is an address and not a name. */
export function isAddressLiteral(host: string): boolean {
  if (host.charCodeAt(0) === BRACKET) return true
  return isDigit(host.charCodeAt(host.length - 1)) && parseIpv4(host) !== undefined
}

/** A host, `*.d` (exactly one label more) or `**.d` (one or more), where d is a name. */
export function isHostPattern(text: string): boolean {
  if (text.startsWith('**.')) return isName(text, 3)
  if (text.startsWith('*.')) return isName(text, 2)
  return isHost(text)
}

/** Whether a canonical host is one of those a pattern stands for. */
export function hostMatches(pattern: string, host: string): boolean {
  if (pattern.charCodeAt(0) !== STAR) return pattern === host
  const deep = pattern.charCodeAt(1) === STAR
  const suffix = pattern.length - (deep ? 2 : 1)
  const prefix = host.length - suffix
  if (prefix <= 0 || !endsWith(host, pattern, suffix)) return false
  if (deep) return true
  const dot = host.indexOf('.')
  return dot === prefix
}

/** Whether every host of `child` is one of `parent`; complete, since patterns are comparable. */
export function hostCovers(parent: string, child: string): boolean {
  // A star is one label more, and `**` stands for every number of labels: as a text it is matched.
  if (child.charCodeAt(0) !== STAR || parent.startsWith('**')) return hostMatches(parent, child)
  return parent === child
}

const STAR = 0x2a
const BRACKET = 0x5b
const DOT = 0x2e
const HYPHEN = 0x2d

/** Whether the last `length` characters of two texts are the same. */
function endsWith(text: string, other: string, length: number): boolean {
  for (let back = 1; back <= length; back += 1) {
    if (text.charCodeAt(text.length - back) !== other.charCodeAt(other.length - back)) return false
  }
  return true
}

function isName(text: string, from: number): boolean {
  if (text.length - from > NAME_MAX) return false
  let labels = 0
  let start = from
  for (let i = from; i <= text.length; i += 1) {
    const code = i < text.length ? text.charCodeAt(i) : DOT
    if (code === DOT) {
      if (!isLabelEdge(text, start, i)) return false
      if (i === text.length) return labels > 0 && !isNumeric(text, start)
      labels += 1
      start = i + 1
    } else if (!isLetter(code) && !isDigit(code) && code !== HYPHEN) {
      return false
    }
  }
  return false
}

function isLabelEdge(text: string, start: number, end: number): boolean {
  if (end === start || end - start > LABEL_MAX) return false
  return text.charCodeAt(start) !== HYPHEN && text.charCodeAt(end - 1) !== HYPHEN
}

/** The last label is what URL parsers would read as a number: decimal, octal or `0x…`. */
function isNumeric(text: string, start: number): boolean {
  const label = text.slice(start)
  return /^(?:[0-9]+|0x[0-9a-f]*)$/.test(label)
}

function isIpv6Literal(text: string): boolean {
  if (!text.endsWith(']')) return false
  const bare = text.slice(1, -1)
  const groups = parseIpv6(bare)
  return groups !== undefined && formatIpv6(groups) === bare
}

function isLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}
