import { createHash } from 'node:crypto'
import type { CertificateThumbprint } from '../domain/ids.ts'

/** base64url(SHA-256(DER)): the confirmation value `x5t#S256` of RFC 8705 §3.1. */
export function thumbprintOf(der: Uint8Array | ArrayBuffer): CertificateThumbprint {
  const digest = createHash('sha256').update(new Uint8Array(der)).digest('base64url')
  return digest as CertificateThumbprint
}
