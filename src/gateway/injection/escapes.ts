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
/** How often a percent may be encoded itself. */
const PERCENTS_MAX = 3
const ENTITY_BYTES_MAX = 12
const ENTITY = /^&(?:#(\d{1,9});?|#[xX]([0-9a-fA-F]{1,8});?|([A-Za-z]{2,8});)/
/** `\163`, `\x73`, `\u0073`, `\u{73}`, `\U00000073`: what stands behind the backslash. */
const CODED = new RegExp(
  '^(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})' +
    '|u\\{0*([0-9a-fA-F]{1,2})\\}|U0{6}([0-9a-fA-F]{2}))',
)
const CODED_BYTES_MAX = 10
/** What HTML calls the marks of ASCII. */
const NAMED: ReadonlyMap<string, number> = new Map(
  Object.entries({
    '!': 'excl',
    '"': 'quot QUOT',
    '#': 'num',
    $: 'dollar',
    '%': 'percnt',
    '&': 'amp AMP',
    "'": 'apos',
    '(': 'lpar',
    ')': 'rpar',
    '*': 'ast midast',
    '+': 'plus',
    ',': 'comma',
    '.': 'period',
    '/': 'sol',
    ':': 'colon',
    ';': 'semi',
    '<': 'lt LT',
    '=': 'equals',
    '>': 'gt GT',
    '?': 'quest',
    '@': 'commat',
    '[': 'lsqb lbrack',
    '\\': 'bsol',
    ']': 'rsqb rbrack',
    '^': 'Hat',
    _: 'lowbar UnderBar',
    '`': 'grave',
    '{': 'lcub lbrace',
    '|': 'verbar vert',
    '}': 'rcub rbrace',
  }).flatMap(([mark, names]) =>
    names.split(' ').map((name) => [name, mark.charCodeAt(0)] as const),
  ),
)

/** Whether an escape may begin with a byte. */
export function beginsEscape(byte: number): boolean {
  return byte === PERCENT || byte === BACKSLASH || byte === AMPERSAND || byte === PLUS
}

/**
 * What may be read as an escape of one ASCII byte at a place: of URLs and forms (also
 * encoded again), of JSON and programming languages (also JSON inside JSON), of HTML.
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
  const found: Escaped[] = []
  for (let next = at + 1; ; next += 2) {
    const isWide = data[next] === 0x75
    const byte = isWide ? hexAt(data, next + 1, 4) : hexAt(data, next, 2)
    if (byte === undefined) return found
    found.push({ byte, next: next + (isWide ? 5 : 2) })
    if (byte !== PERCENT || found.length === PERCENTS_MAX) return found
  }
}

function backslashAt(data: Uint8Array, at: number): readonly Escaped[] {
  let next = at
  while (data[next] === BACKSLASH && next - at < BACKSLASHES_MAX) next += 1
  const found: Escaped[] = []
  for (let run = 2; run <= next - at; run *= 2) found.push({ byte: BACKSLASH, next: at + run })
  const letter = data[next]
  if (letter === undefined) return found
  const [whole, octal, ...hex] = CODED.exec(textAt(data, next, CODED_BYTES_MAX)) ?? []
  if (whole !== undefined) {
    const digits = octal ?? hex.find((one) => one !== undefined) ?? ''
    const byte = Number.parseInt(digits, octal === undefined ? 16 : 8)
    found.push({ byte, next: next + whole.length })
  }
  if (whole === undefined || octal !== undefined) found.push({ byte: letter, next: next + 1 })
  return found
}

function entityAt(data: Uint8Array, at: number): readonly Escaped[] {
  const [whole, decimal, hex, name = ''] = ENTITY.exec(textAt(data, at, ENTITY_BYTES_MAX)) ?? []
  if (whole === undefined) return []
  const digits = decimal ?? hex
  const byte = digits === undefined ? NAMED.get(name) : Number.parseInt(digits, decimal ? 10 : 16)
  return byte === undefined ? [] : [{ byte, next: at + whole.length }]
}

function textAt(data: Uint8Array, at: number, length: number): string {
  return Buffer.from(data.subarray(at, at + length)).toString('latin1')
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
