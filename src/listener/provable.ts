import { TLSSocket } from 'node:tls'
import type { HttpContext } from './context.ts'

/** What a proof of possession is held against (RFC 9449 §4.3), beside the method. */
export interface Provable {
  /** Scheme of the socket, host and target as they came. */
  readonly url: string
  /** Every `DPoP` header. */
  readonly proofs: readonly string[]
}

/** A request as far as a proof of possession is about it. */
export function provableOf(c: HttpContext): Provable {
  const { socket, url = '', headersDistinct } = c.env?.incoming ?? {}
  const scheme = socket instanceof TLSSocket ? 'https' : 'http'
  return {
    url: `${scheme}://${c.req.header('host') ?? ''}${url}`,
    proofs: headersDistinct?.['dpop'] ?? [],
  }
}
