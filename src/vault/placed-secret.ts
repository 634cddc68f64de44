import type { Placement } from '../domain/credential.ts'
import { CREDENTIAL_FIELD_BYTES_MAX, CREDENTIAL_HEADER_CHARACTERS_MAX } from '../domain/limits.ts'
import type { SecretFields } from './secret.ts'

const TAB = 0x09
const SPACE = 0x20
const DELETE = 0x7f

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
