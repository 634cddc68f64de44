import { createHash } from 'node:crypto'
import type { KeyThumbprint } from '../domain/ids.ts'
import { encodeBase64url } from './base64url.ts'

/** RFC 7638 thumbprint (SHA-256) of an Ed25519 public key of 32 bytes: its `kid` everywhere. */
export function thumbprintOf(publicKey: Uint8Array): KeyThumbprint {
  const jwk = { crv: 'Ed25519', kty: 'OKP', x: encodeBase64url(publicKey) }
  return createHash('sha256').update(JSON.stringify(jwk)).digest('base64url') as KeyThumbprint
}
