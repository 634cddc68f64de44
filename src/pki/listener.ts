import type { SecureContextOptions, TlsOptions } from 'node:tls'
import { TLS_HANDSHAKE_TIMEOUT_MS } from '../domain/limits.ts'

/** What a listener shows, and whose certificates it asks for. */
export interface ListenerCertificates {
  readonly certificatePem: string
  readonly privateKeyPem: string
  /** PEM of every authority that may have signed a client's certificate. */
  readonly clientAuthorities: readonly string[]
}

/**
 * Options of a TLS server on which every client shows a certificate: TLS 1.3 alone, strangers are
 * turned away in the handshake. Who a peer is, is asked of `peerIdentity` on every request.
 */
export function mutualTlsOptions(certificates: ListenerCertificates): TlsOptions & {
  readonly requestCert: true
  readonly rejectUnauthorized: true
} & Pick<SecureContextOptions, 'minVersion'> {
  return {
    cert: certificates.certificatePem,
    key: certificates.privateKeyPem,
    ca: [...certificates.clientAuthorities],
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: TLS_HANDSHAKE_TIMEOUT_MS,
    ALPNProtocols: ['http/1.1'],
  }
}

/**
 * Options of a TLS server for people: TLS 1.3 alone. When it asks, a browser may show a certificate
 * and the handshake proves that it has the key; nobody is turned away without one, and who signed
 * it is not looked at. Whose it is, is asked of `personAt` on every request.
 */
export function personTlsOptions(shown: {
  readonly certificatePem: string
  readonly privateKeyPem: string
  readonly asks: boolean
}): TlsOptions {
  return {
    cert: shown.certificatePem,
    key: shown.privateKeyPem,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    requestCert: shown.asks,
    rejectUnauthorized: false,
    handshakeTimeout: TLS_HANDSHAKE_TIMEOUT_MS,
    ALPNProtocols: ['http/1.1'],
  }
}
