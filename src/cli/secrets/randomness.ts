/** Letters and digits in a row, so many that chance alone explains them. */
const RUN_CHARACTERS_MIN = 16
/** Bits for each character of such a row; words and numbers have fewer. */
const RUN_BITS_MIN = 3.4

const PLACEHOLDER = new RegExp(
  'placeholder|change[-_ ]?me|dummy|redacted|replace[-_ ]?(?:me|with)|your[-_ ]|insert[-_ ]|' +
    'data\\+omitted|^example|example(?:key)?$|x{4}|\\*{3}|\\.{3}|…|<[^<>]*>',
  'i',
)
const SEQUENCES = ['0123456789', '1234567890', 'abcdefghij']

/** Whether a text stands for a secret and is none: `changeme`, `ghp_xxxxxxxx`, `<token>`. */
export function isPlaceholder(text: string): boolean {
  if (PLACEHOLDER.test(text) || SEQUENCES.some((row) => text.toLowerCase().includes(row))) {
    return true
  }
  return text.length >= 8 && new Set(text.slice(-16)).size <= 3
}

/**
 * Whether a text looks made by chance: somewhere many letters of both cases and digits in a row.
 * Digests, commits and UUIDs have one case; hashes of lock files and public keys say what they are.
 */
export function isRandom(text: string): boolean {
  if (text.length < RUN_CHARACTERS_MIN || /\s/.test(text)) return false
  if (/^sha(?:1|256|384|512)[-:]/.test(text) || /^AAAA[BCE]3Nz/.test(text)) return false
  if (/^MI[A-Za-z0-9+/=]+$/.test(text)) return false
  return text.split(/[^A-Za-z0-9+]+/).some(isRandomRun)
}

function isRandomRun(run: string): boolean {
  if (run.length < RUN_CHARACTERS_MIN) return false
  const mixed = /[a-z]/.test(run) && /[A-Z]/.test(run) && /[0-9]/.test(run)
  return mixed && bitsOf(run) >= RUN_BITS_MIN
}

/** Shannon's bits for each character, over the characters of this text alone. */
export function bitsOf(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}
