/** A JSON text being read: position, the steps to where reading is, and why it stopped. */
export interface Text {
  readonly text: string
  at: number
  fault: string | undefined
  readonly path: (string | number)[]
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])
const HEX4 = /^[0-9A-Fa-f]{4}$/
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const DECIMAL = /^-?([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/

/** Moves over space, tab, line feed and carriage return. */
export function skipSpace(source: Text): void {
  for (;;) {
    const code = source.text.charCodeAt(source.at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
    source.at += 1
  }
}

/**
 * Reads a string whose opening quote is at `at`. Refuses raw control characters, unknown escapes
 * and lone surrogates, written or escaped.
 */
export function readString(source: Text): string | undefined {
  const { text } = source
  let value = ''
  let plain = true
  let from = source.at + 1
  for (let i = from; ; i += 1) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) {
      value += text.slice(from, i)
      source.at = i + 1
      if (plain || isWellFormed(value)) return value
      source.fault = 'a lone surrogate'
      return undefined
    }
    if (code === BACKSLASH) {
      const character = readEscape(text, i)
      if (character === undefined) {
        source.fault = 'not an escape'
        return undefined
      }
      value += text.slice(from, i) + character
      i += text[i + 1] === 'u' ? 5 : 1
      from = i + 1
      plain = false
    } else if (code >= 0xd800) {
      plain = false
    } else if (!(code >= 0x20)) {
      source.fault = i < text.length ? 'a raw control character' : 'the string has no end'
      return undefined
    }
  }
}

/** Whether every surrogate of a text stands in a pair. */
export function isWellFormed(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (code < 0xd800 || code > 0xdfff) continue
    const next = text.charCodeAt(i + 1)
    if (code > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false
    i += 1
  }
  return true
}

/** Bytes of a well-formed text in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (code < 0x80) continue
    // A surrogate is half of a character of four bytes.
    bytes += code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 1 : 2
  }
  return bytes
}

/** Reads a number and refuses one whose double denotes another number than its text. */
export function readNumber(source: Text): number | undefined {
  const integer = readShortInteger(source)
  if (integer !== undefined) return integer
  NUMBER.lastIndex = source.at
  const written = NUMBER.exec(source.text)?.[0]
  if (written === undefined) {
    source.fault = source.at < source.text.length ? 'not a JSON value' : 'a value is missing'
    return undefined
  }
  source.at += written.length
  const value = Number(written)
  if (!Number.isFinite(value) || decimalOf(written) !== decimalOf(String(value))) {
    source.fault = 'the number does not survive as a double'
    return undefined
  }
  return value === 0 ? 0 : value
}

/** The common case without any text to compare: at most 15 digits are exact in a double. */
function readShortInteger(source: Text): number | undefined {
  const { text, at } = source
  let value = 0
  for (let i = at; i - at <= 15; i += 1) {
    const code = text.charCodeAt(i)
    if (code >= 0x30 && code <= 0x39) {
      // A leading zero, which only the full grammar can tell from a zero.
      if (i > at && value === 0) return undefined
      value = value * 10 + code - 0x30
    } else if (i === at || code === 0x2e || code === 0x45 || code === 0x65) {
      return undefined
    } else {
      source.at = i
      return value
    }
  }
  return undefined
}

function readEscape(text: string, at: number): string | undefined {
  const kind = text[at + 1] ?? ''
  if (kind !== 'u') return ESCAPES.get(kind)
  const hex = text.slice(at + 2, at + 6)
  return HEX4.test(hex) ? String.fromCharCode(Number.parseInt(hex, 16)) : undefined
}

/**
 * Significant digits and exponent of a decimal text, the same for every spelling of one number. The
 * sign needs no comparison, since a double keeps it.
 */
function decimalOf(text: string): string {
  const [, whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = trimZeros(digits)
  if (significant === '') return '0'
  const zeros = digits.length - significant.length
  return `${significant}e${Number(exponent) - fraction.length + zeros}`
}

/** Without the zeros at the end; a loop, because a pattern with `+$` is quadratic. */
function trimZeros(digits: string): string {
  let end = digits.length
  while (end > 0 && digits.charCodeAt(end - 1) === 0x30) end -= 1
  return digits.slice(0, end)
}
