import { base64url } from 'jose'

/** Runtimes without `Buffer` take the slower way; both are held to the same rule below. */
const native = typeof Buffer === 'function'

/** base64url without padding (RFC 7515 §2). */
export function encodeBase64url(bytes: Uint8Array): string {
  if (!native) return base64url.encode(bytes)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/**
 * The bytes of a base64url text, or undefined when it is not the one canonical spelling of them: no
 * padding, no other character, no bits beyond the last byte. Decoders forgive all of these, which
 * would give one token many spellings, so the bytes are spelled again and compared.
 */
export function decodeBase64url(text: string): Uint8Array | undefined {
  const bytes = native ? Buffer.from(text, 'base64url') : decodePlainly(text)
  return bytes !== undefined && encodeBase64url(bytes) === text ? bytes : undefined
}

function decodePlainly(text: string): Uint8Array | undefined {
  try {
    return base64url.decode(text)
  } catch {
    return undefined
  }
}
