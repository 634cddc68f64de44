import type { Credential, Placement } from '../domain/credential.ts'
import {
  CREDENTIAL_FIELD_BYTES_MAX,
  CREDENTIAL_HEADER_CHARACTERS_MAX,
  SCRUBBED_SECRET_BYTES_MIN,
  SECRET_BACKSLASHES_MAX,
} from '../domain/limits.ts'
import type { SecretFields } from './secret.ts'

const TAB = 0x09
const SPACE = 0x20
const DELETE = 0x7f
const PRINTABLE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/

/** What keeps a secret from ever being sent, whatever the request; a word for records. */
export type SendFault = 'length' | 'characters' | 'backslashes'

/**
 * Whether the secret can stand where it is placed: not empty, not too long, and in a header or a
 * URL nothing that could end one and begin another (CR, LF, NUL and the other controls).
 */
export function fitsPlacement(placement: Placement, fields: SecretFields): boolean {
  const sizes = Object.values(fields).map((secret) => secret.use((bytes) => bytes.length))
  if (sizes.some((size) => size < 1 || size > CREDENTIAL_FIELD_BYTES_MAX)) return false
  const { value } = fields
  if (placement.in === 'none' || value === undefined) return placement.in === 'none'
  return value.use((bytes) => {
    if (bytes.length > CREDENTIAL_HEADER_CHARACTERS_MAX) return false
    if (placement.in === 'basic') return !bytes.some(isControl)
    const spaced = placement.in === 'header'
    return bytes.every((byte) => (byte > SPACE || (spaced && byte === SPACE)) && byte < DELETE)
  })
}

function isControl(byte: number): boolean {
  return (byte < SPACE && byte !== TAB) || byte === DELETE
}

/**
 * Whether these bytes can be put into requests at all: long enough to be told from ordinary text in
 * an answer, and printable ASCII, which can not break out of its place.
 */
export function sendFault(secret: Buffer): SendFault | undefined {
  const { length } = secret
  if (length < SCRUBBED_SECRET_BYTES_MIN || length > CREDENTIAL_HEADER_CHARACTERS_MAX) {
    return 'length'
  }
  const text = secret.toString('latin1')
  if (!PRINTABLE.test(text)) return 'characters'
  return hasTooManyBackslashes(text) ? 'backslashes' : undefined
}

/** Each may be read in several ways when the secret is looked for in an answer. */
export function hasTooManyBackslashes(form: string): boolean {
  return form.split('\\').length > SECRET_BACKSLASHES_MAX + 1
}

/**
 * Why a secret that comes in could never be sent as its credential says, as a sentence that tells
 * nothing of it but that; undefined when it could. What an `oauth_client` keeps goes to its token
 * endpoint alone, and what is placed nowhere is not sent.
 */
export function intakeProblem(
  { kind, placement }: Pick<Credential, 'kind' | 'placement'>,
  { value }: SecretFields,
): string | undefined {
  if (placement.in === 'none' || kind === 'oauth_client' || value === undefined) return undefined
  return value.use((bytes) => {
    const fault = sendFault(bytes)
    if (fault === undefined && placement.in !== 'placeholder') return spacesIn(placement, bytes)
    return fault === 'length' || fault === 'characters'
      ? SENTENCES[fault]
      : (spacesIn(placement, bytes) ?? slashesIn(bytes))
  })
}

const SENTENCES = {
  length:
    `A secret that is sent has ${SCRUBBED_SECRET_BYTES_MIN} to ` +
    `${CREDENTIAL_HEADER_CHARACTERS_MAX} characters.`,
  characters:
    'A secret that is sent is printable ASCII, without line ends or other control characters, ' +
    'and without spaces around it.',
  spaces: 'A secret that goes there has no spaces.',
  backslashes: `A secret that is sent has at most ${SECRET_BACKSLASHES_MAX} backslashes.`,
}

/** Header values and passwords may have spaces within. */
function spacesIn({ in: place }: Placement, bytes: Buffer): string | undefined {
  const mayHave = place === 'header' || place === 'basic'
  return mayHave || !bytes.includes(SPACE) ? undefined : SENTENCES.spaces
}

/** In a JSON string a backslash is written as two, and a quote gets one. */
function slashesIn(bytes: Buffer): string | undefined {
  const written = JSON.stringify(bytes.toString('latin1'))
  return hasTooManyBackslashes(written) ? SENTENCES.backslashes : undefined
}
