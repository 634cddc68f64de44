/** A byte that an escape stands for, and where the text goes on behind it. */
export interface Escaped {
  readonly byte: number
  readonly next: number
}

const PERCENT = 0x25
const AMPERSAND = 0x26
const PLUS = 0x2b
const BACKSLASH = 0x5c
const SPACE = 0x20
const BACKSLASHES_MAX = 4
const ENTITY_BYTES_MAX = 10
const ENTITY = /^&(?:#(\d{1,6})|#[xX]([0-9a-fA-F]{1,5})|(amp|lt|gt|quot|apos));/
const NAMED: Readonly<Record<string, number>> = {
  amp: 0x26,
  lt: 0x3c,
  gt: 0x3e,
  quot: 34,
  apos: 39,
}

/** Whether an escape may begin with a byte. */
export function beginsEscape(byte: number): boolean {
  return byte === PERCENT || byte === BACKSLASH || byte === AMPERSAND || byte === PLUS
}

/**
 * What may be read as an escape of one ASCII byte at a place: of URLs and forms (once and twice
 * encoded), of JSON and programming languages (also JSON inside JSON), of HTML.
 */
export function escapesAt(data: Uint8Array, at: number): readonly Escaped[] {
  const byte = data[at]
  if (byte === PERCENT) return percentAt(data, at)
  if (byte === BACKSLASH) return backslashAt(data, at)
  if (byte === AMPERSAND) return entityAt(data, at)
  return byte === PLUS ? [{ byte: SPACE, next: at + 1 }] : []
}

/** Where the text goes on behind an escaped line end; `at` itself when there is none. */
export function behindLineEnd(data: Uint8Array, at: number): number {
  let next = at
  while (data[next] === BACKSLASH) next += 1
  const letter = data[next]
  const isEnd = next > at && (letter === 0x6e || letter === 0x72)
  return isEnd ? next + 1 : at
}

function percentAt(data: Uint8Array, at: number): readonly Escaped[] {
  const once = hexAt(data, at + 1, 2)
  if (once === undefined) return []
  const found = [{ byte: once, next: at + 3 }]
  const twice = once === PERCENT ? hexAt(data, at + 3, 2) : undefined
  return twice === undefined ? found : [...found, { byte: twice, next: at + 5 }]
}

function backslashAt(data: Uint8Array, at: number): readonly Escaped[] {
  let next = at
  while (data[next] === BACKSLASH && next - at < BACKSLASHES_MAX) next += 1
  const found: Escaped[] = []
  for (let run = 2; run <= next - at; run *= 2) found.push({ byte: BACKSLASH, next: at + run })
  const letter = data[next]
  if (letter === undefined) return found
  const digits = letter === 0x75 ? 4 : letter === 0x78 ? 2 : 0
  const coded = digits === 0 ? undefined : hexAt(data, next + 1, digits)
  if (coded !== undefined) found.push({ byte: coded, next: next + 1 + digits })
  else found.push({ byte: letter, next: next + 1 })
  return found
}

function entityAt(data: Uint8Array, at: number): readonly Escaped[] {
  const text = Buffer.from(data.subarray(at, at + ENTITY_BYTES_MAX)).toString('latin1')
  const [whole, decimal, hex, name] = ENTITY.exec(text) ?? []
  if (whole === undefined) return []
  const byte =
    name === undefined ? Number.parseInt(decimal ?? hex ?? '', decimal ? 10 : 16) : NAMED[name]
  return byte === undefined ? [] : [{ byte, next: at + whole.length }]
}

function hexAt(data: Uint8Array, at: number, digits: number): number | undefined {
  let value = 0
  for (let index = at; index < at + digits; index += 1) {
    const digit = digitOf(data[index] ?? 0)
    if (digit === undefined) return undefined
    value = value * 16 + digit
  }
  return value
}

function digitOf(byte: number): number | undefined {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : undefined
}
