import type { TLSSocket } from 'node:tls'
import type { CertificateThumbprint } from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { type EpochSeconds, epochSeconds } from '../domain/time.ts'
import { isForClients, readEndEntity } from './leaf.ts'
import { onlyCertificate } from './one-certificate.ts'
import { thumbprintOf } from './thumbprint.ts'
import { SubjectAlternativeNameExtension } from './x509.ts'

/** The certificate of a person, once it was found to be fit for signing in. */
export interface PersonCertificate {
  readonly certificate: CertificateThumbprint
  readonly notBefore: EpochSeconds
  readonly notAfter: EpochSeconds
}

/**
 * Reads the one certificate of a PEM text. Refuses `malformed`, and says why, when it is none,
 * several, not fit for a person (see `readPerson`), or not in force at `now`.
 */
export function parsePersonCertificate(pem: string, now: EpochSeconds): Result<PersonCertificate> {
  const der = onlyCertificate(pem)
  if (der === undefined) return unfit('not one certificate in PEM')
  const read = readPerson(der)
  if (typeof read === 'string') return unfit(read)
  const inForce = now >= read.notBefore && now < read.notAfter
  return inForce ? accept(read) : unfit('the certificate is not in force')
}

function unfit(detail: string): Result<never> {
  return refuse('malformed', {}, [{ pointer: '/certificate', code: 'certificate', detail }])
}

/**
 * The certificate of a person at the other end of a connection, from the TLS layer alone. To be
 * asked on every request: a connection outlives a certificate. The handshake proved that the key is
 * there; who signed the certificate is not looked at, because only the very certificate that an
 * owner named counts, by its hash (RFC 8705 §2.2). Refusals: `unauthenticated` for none and one
 * that is not fit for a person, `certificate_expired`.
 */
export function personAt(socket: TLSSocket, now: EpochSeconds): Result<CertificateThumbprint> {
  const der = socket.getPeerX509Certificate()?.raw
  if (der === undefined) return refuse('unauthenticated', { reason: 'there is no certificate' })
  const read = readPerson(der)
  if (typeof read === 'string') return refuse('unauthenticated', { reason: read })
  const { certificate, notBefore, notAfter } = read
  if (now < notBefore || now >= notAfter) return refuse('certificate_expired', { notAfter })
  return accept(certificate)
}

/**
 * Answers the reason, in words, when a certificate is not fit: that of an authority, a key that is
 * not relied upon, not for clients, or one that names a workload. Every certificate of an agent has
 * such a name (X509-SVID §4), so that no agent's is ever a person's.
 */
function readPerson(der: Uint8Array): PersonCertificate | string {
  const certificate = readEndEntity(der)
  if (typeof certificate === 'string') return certificate
  const names = certificate.getExtensions(SubjectAlternativeNameExtension)
  const isWorkload = names.some((extension) =>
    extension.names.items.some(({ value }) => value.toLowerCase().startsWith('spiffe:')),
  )
  if (isWorkload) return 'the certificate is that of an agent'
  if (!isForClients(certificate)) return 'the certificate is not for clients'
  return {
    certificate: thumbprintOf(der),
    notBefore: epochSeconds(Math.ceil(certificate.notBefore.getTime() / 1000)),
    notAfter: epochSeconds(Math.floor(certificate.notAfter.getTime() / 1000)),
  }
}
