import { createHash, randomBytes } from 'node:crypto'

/** A fresh bearer secret: the prefix and 256 random bits. Shown once, kept nowhere (I12). */
export function drawSecret(prefix: string): string {
  return `${prefix}${randomBytes(32).toString('base64url')}`
}

/** What is stored of a bearer secret: base64url(SHA-256). No guess of 256 bits needs slowing. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
