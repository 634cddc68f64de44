/** A place where something was told or kept, and its bytes. */
export interface Place {
  readonly name: string
  readonly bytes: Buffer
}

/** A form of a secret that was found, and where. */
export interface Leak {
  readonly place: string
  readonly form: string
}

/** What stays the same when a secret is written in another way. */
interface Form {
  readonly form: string
  readonly bytes: Buffer
}

/** Long enough that it is nowhere by chance, short enough that a truncated secret has it. */
const PART_CHARACTERS = 20
/** As many as stand in one line of PEM, wherever a key begins there. */
const RAW_BYTES = 12

/**
 * The ways in which a secret may lie somewhere: as it is, a part of it, base64 and base64url in
 * each of three alignments, hexadecimal, percent-encoded, as a JSON string, in UTF-16, and the
 * bytes that it spells in base64url, raw, in hexadecimal and in base64.
 */
export function formsOf(secret: string): readonly Form[] {
  const part = partOf(secret)
  const forms: Form[] = []
  for (const [what, text] of [
    ['whole', secret],
    ['part', part],
  ] as const) {
    const add = (form: string, bytes: string | Buffer) =>
      forms.push({ form: `${what} ${form}`, bytes: Buffer.from(bytes as string) })
    add('plain', text)
    add('json', JSON.stringify(text).slice(1, -1))
    add('url', encodeURIComponent(text))
    add(
      'url lower',
      encodeURIComponent(text).replaceAll(/%../g, (code) => code.toLowerCase()),
    )
    add('utf-16', Buffer.from(text, 'utf16le'))
    const hex = Buffer.from(text).toString('hex')
    add('hex', hex)
    add('HEX', hex.toUpperCase())
    add('every character in percent', hex.replaceAll(/../g, '%$&'))
    add('EVERY CHARACTER IN PERCENT', hex.toUpperCase().replaceAll(/../g, '%$&'))
    for (const shift of [0, 1, 2]) {
      const inner = base64From(text, shift)
      add(`base64 at ${shift}`, inner)
      add(`base64url at ${shift}`, inner.replaceAll('+', '-').replaceAll('/', '_'))
    }
  }
  const raw = rawBytesOf(secret)
  if (raw !== undefined) {
    forms.push({ form: 'raw', bytes: raw }, { form: 'raw hex', bytes: hexOf(raw) })
    for (const shift of [0, 1, 2]) {
      const inner = base64From(raw, shift)
      forms.push({ form: `raw base64 at ${shift}`, bytes: Buffer.from(inner) })
    }
  }
  return forms.filter(({ bytes }) => bytes.length >= PART_CHARACTERS / 2)
}

/** Where a secret lies in any form; each place and form once. */
export function leaksOf(secret: string, places: readonly Place[]): readonly Leak[] {
  const forms = formsOf(secret)
  return places.flatMap(({ name, bytes }) =>
    forms
      .filter((form) => bytes.includes(form.bytes))
      .slice(0, 1)
      .map(({ form }) => ({ place: name, form })),
  )
}

/** The longest run of letters and digits, cut in its middle: what is least likely to be common. */
function partOf(secret: string): string {
  const runs = secret.match(/[A-Za-z0-9]+/g) ?? []
  const longest = runs.reduce((one, other) => (other.length > one.length ? other : one), '')
  const run = longest.length >= PART_CHARACTERS ? longest : secret
  const from = Math.max(0, Math.floor((run.length - PART_CHARACTERS) / 2))
  return run.slice(from, from + PART_CHARACTERS)
}

/** The characters of base64 that depend on nothing but the text, `shift` bytes in. */
function base64From(text: string | Buffer, shift: number): string {
  const shifted = Buffer.concat([Buffer.alloc(shift), Buffer.from(text as string)])
  const from = Math.ceil((shift * 8) / 6)
  return shifted.toString('base64').slice(from, Math.floor((shifted.length * 8) / 6))
}

/** Tokens of ours are random bytes behind a word: what the bytes are, where they are that. */
function rawBytesOf(secret: string): Buffer | undefined {
  const [run] = /[A-Za-z0-9+/_-]{43,}=*$/.exec(secret) ?? []
  return run === undefined
    ? undefined
    : Buffer.from(run.slice(-43), 'base64').subarray(0, RAW_BYTES)
}

function hexOf(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('hex'))
}
