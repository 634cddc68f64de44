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
