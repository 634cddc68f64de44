import { soundHeader, soundPayload, soundToken, type VectorCase, vector } from '../case.ts'
import { encode } from '../material.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Other spellings of one sound token: the signature would hold, so the form has to be refused. */
export function spellingCases(): readonly VectorCase[] {
  const token = soundToken()
  const [header = '', payload = '', signature = ''] = token.split('.')
  const rows: readonly [string, string][] = [
    ['nothing', ''],
    ['two dots', '..'],
    ['one part', header],
    ['two parts', `${header}.${payload}`],
    ['two parts and a dot', `${header}.${payload}.`],
    ['four parts', `${token}.`],
    ['four parts, the last with text', `${token}.${signature}`],
    ['five parts, as an encrypted token has', `${header}..${payload}.${signature}.${signature}`],
    ['a leading dot', `.${token}`],
    ['no header', `.${payload}.${signature}`],
    ['no payload', `${header}..${signature}`],
    ['padding after the header', `${padded(header)}.${payload}.${signature}`],
    ['padding after the payload', `${header}.${padded(payload)}.${signature}`],
    ['padding after the signature', `${token}==`],
    ['one padding sign after the signature', `${token}=`],
    ['a leading space', ` ${token}`],
    ['a final space', `${token} `],
    ['a final newline', `${token}\n`],
    ['a newline in the payload', `${header}.${cut(payload, '\n')}.${signature}`],
    ['a space in the signature', `${header}.${payload}.${cut(signature, ' ')}`],
    ['a NUL in the payload', `${header}.${cut(payload, '\u0000')}.${signature}`],
    ['a sign that decoders skip in the header', `${cut(header, '!')}.${payload}.${signature}`],
    ['a sign that decoders skip in the payload', `${header}.${cut(payload, '*')}.${signature}`],
    ['a letter beyond ASCII', `${header}.${cut(payload, 'é')}.${signature}`],
    ['a letter that folds to ASCII', `${header}.${payload}.${fullWidth(signature)}`],
    ['a byte order mark before', `\ufeff${token}`],
    ['an authentication scheme before', `Bearer ${token}`],
    ['quotes around', `"${token}"`],
    ['a percent-encoded dot', `${header}%2E${payload}.${signature}`],
    ['the standard base64 alphabet', standard(token)],
    ['a signature of 63 bytes', `${header}.${payload}.${resized(signature, 63)}`],
    ['a signature of 65 bytes', `${header}.${payload}.${resized(signature, 65)}`],
    ['a signature of 32 bytes', `${header}.${payload}.${resized(signature, 32)}`],
    ['flattened JSON serialization', JSON.stringify({ protected: header, payload, signature })],
    [
      'general JSON serialization',
      JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
    ],
  ]
  return [
    ...rows.map(([name, text]) => vector(`spelling: ${name}`, text, 'malformed')),
    ...twins(signature).map((twin, index) =>
      vector(
        `spelling: respelled signature, twin ${index + 1}`,
        `${header}.${payload}.${twin}`,
        'malformed',
      ),
    ),
    ...twins(header).map((twin, index) =>
      vector(
        `spelling: respelled header, twin ${index + 1}`,
        `${twin}.${payload}.${signature}`,
        'malformed',
      ),
    ),
    vector('spelling: 8 KiB and one byte', sized(8193), 'too_large'),
    vector('spelling: 8 KiB that are no token', sized(8192), 'malformed'),
    vector('spelling: 8 KiB of dots', '.'.repeat(8192), 'malformed'),
    vector('spelling: more than 8 KiB of dots', '.'.repeat(8193), 'too_large'),
    vector(
      'spelling: unsigned, its parts in plain JSON',
      `${soundHeader()}.${soundPayload()}.${signature}`,
      'malformed',
    ),
  ]
}

/** The other texts that lenient decoders read as the same bytes. */
function twins(part: string): readonly string[] {
  const bytes = Buffer.from(part, 'base64url')
  return [...ALPHABET]
    .map((last) => part.slice(0, -1) + last)
    .filter((text) => text !== part && Buffer.from(text, 'base64url').equals(bytes))
}

function padded(part: string): string {
  return part + '='.repeat((4 - (part.length % 4)) % 4 || 4)
}

function cut(part: string, sign: string): string {
  return `${part.slice(0, 8)}${sign}${part.slice(8)}`
}

function fullWidth(part: string): string {
  const first = part.charCodeAt(0)
  return String.fromCharCode(first + 0xfee0) + part.slice(1)
}

/** Decoders of base64url take the standard alphabet too. */
function standard(token: string): string {
  const respelled = token.replaceAll('-', '+').replaceAll('_', '/')
  if (respelled === token) throw new Error('the sound token has no sign to respell')
  return respelled
}

function resized(signature: string, length: number): string {
  const bytes = Buffer.alloc(length)
  Buffer.from(signature, 'base64url').copy(bytes)
  return encode(bytes)
}

function sized(length: number): string {
  return `${soundToken()}${'A'.repeat(length)}`.slice(0, length)
}
