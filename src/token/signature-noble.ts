import { verifyAsync } from '@noble/ed25519'
import type { SignatureCheck } from './jws.ts'

const ascii = new TextEncoder()

/**
 * Ed25519 (RFC 8032 §5.1.7) in JavaScript alone, for runtimes whose Web Crypto does not know it;
 * some twenty times slower. Encodings of RFC 8032, not the wider ones of ZIP 215.
 */
export const isGenuineByNoble: SignatureCheck = (key, signed, signature) =>
  verifyAsync(signature, ascii.encode(signed), key.publicKey, { zip215: false })
