import { SPELLED_BYTES_PER_UNIT_MAX } from '../../domain/limits.ts'

/**
 * One way of writing a secret, byte for byte: at each place either of two bytes fits (a letter in
 * both cases, both alphabets of base64). `escapes`: each byte may also stand as a percent, JSON or
 * HTML escape, mixed as one likes. `skipped` may stand between two bytes.
 */
export interface Spelling {
  readonly one: Uint8Array
  readonly other: Uint8Array
  readonly escapes: boolean
  readonly skipped: ReadonlySet<number>
  /** The longest stretch of bytes that is read as this spelling. */
  readonly span: number
}

const LINE_ENDS: ReadonlySet<number> = new Set([0x0a, 0x0d])
const HEX_SEPARATORS: ReadonlySet<number> = new Set([...LINE_ENDS, 0x20, 0x2d, 0x3a])
const NOTHING: ReadonlySet<number> = new Set()
const CASE = 0x20

/**
 * The ways in which an upstream may tell a secret of printable ASCII back: as it is, in letters of
 * either case and with any of its characters escaped; base64 and base64url, wherever in the encoded
 * text it begins; hexadecimal; UTF-16 and UTF-32. What is encoded twice, compressed or cut in
 * pieces is not among them. The answer holds the secret: `forget` it.
 */
export function spellingsOf(secret: Uint8Array): readonly Spelling[] {
  const hex = Buffer.from(Buffer.from(secret).toString('hex'), 'latin1')
  return [
    spelling(Uint8Array.from(secret), otherCase, { escapes: true, skipped: NOTHING }),
    ...[2, 4].map((width) =>
      spelling(widened(secret, width), otherCase, { escapes: false, skipped: NOTHING }),
    ),
    ...[0, 1, 2].map((shift) =>
      spelling(base64From(secret, shift), otherAlphabet, { escapes: true, skipped: LINE_ENDS }),
    ),
    spelling(hex, otherCase, { escapes: false, skipped: HEX_SEPARATORS }),
  ]
}

/** Overwrites what a spelling knows of its secret. */
export function forget({ one, other }: Spelling): void {
  one.fill(0)
  other.fill(0)
}

function spelling(
  one: Uint8Array,
  otherOf: (byte: number) => number,
  reading: Pick<Spelling, 'escapes' | 'skipped'>,
): Spelling {
  const isRigid = !reading.escapes && reading.skipped.size === 0
  const span = one.length * (isRigid ? 1 : SPELLED_BYTES_PER_UNIT_MAX)
  return { one, other: one.map(otherOf), ...reading, span }
}

/** As text of several bytes a character has it, in either order of bytes. */
function widened(secret: Uint8Array, width: number): Uint8Array {
  const wide = new Uint8Array((secret.length - 1) * width + 1)
  for (let at = 0; at < secret.length; at += 1) wide[at * width] = secret[at] ?? 0
  return wide
}

/** The characters that depend on nothing but the secret, when `shift` bytes stand before it. */
function base64From(secret: Uint8Array, shift: number): Uint8Array {
  const shifted = Buffer.concat([Buffer.alloc(shift), secret])
  const text = shifted.toString('base64')
  const whole = text.slice(Math.ceil((shift * 8) / 6), Math.floor((shifted.length * 8) / 6))
  shifted.fill(0)
  return Uint8Array.from(Buffer.from(whole, 'latin1'))
}

function otherCase(byte: number): number {
  const lower = byte | CASE
  return lower >= 0x61 && lower <= 0x7a ? byte ^ CASE : byte
}

/** RFC 4648 §5. */
function otherAlphabet(byte: number): number {
  if (byte === 0x2b) return 0x2d
  return byte === 0x2f ? 0x5f : byte
}
