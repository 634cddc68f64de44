import { type AgentUri, type CertificateThumbprint, parseAgentUri } from '../domain/ids.ts'
import { type EpochSeconds, epochSeconds } from '../domain/time.ts'
import { thumbprintOf } from './thumbprint.ts'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
} from './x509.ts'

/** What the leaf of a peer says, once its shape was found to be that of an X509-SVID. */
export interface Leaf {
  readonly uri: AgentUri
  readonly certificate: CertificateThumbprint
  readonly notBefore: EpochSeconds
  readonly notAfter: EpochSeconds
}

const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17'
const EC_CURVES: readonly string[] = ['P-256', 'P-384']
const RSA_BITS_MIN = 2048

/**
 * Reads a leaf from its DER (X509-SVID §3 to §5): exactly one URI name, after the SPIFFE grammar;
 * not an authority; a key that can be relied upon (P-256, P-384 or RSA; never Ed25519, of which
 * OpenSSL takes weak ones). Answers the reason, in words, when it is anything else. Does not look
 * at time, issuer or trust domain.
 */
export function readLeaf(der: Uint8Array): Leaf | string {
  const certificate = readEndEntity(der)
  if (typeof certificate === 'string') return certificate
  const uri = onlyUri(certificate)
  if (uri === undefined) return 'the certificate does not have exactly one URI name'
  const parsed = parseAgentUri(uri)
  if (parsed === undefined) return 'the URI name is not a SPIFFE id'
  return {
    uri: parsed,
    certificate: thumbprintOf(der),
    notBefore: epochSeconds(Math.ceil(certificate.notBefore.getTime() / 1000)),
    notAfter: epochSeconds(Math.floor(certificate.notAfter.getTime() / 1000)),
  }
}

/**
 * Reads the certificate of somebody at a connection: not an authority, with a key that can be
 * relied upon. Answers the reason, in words, when it is anything else.
 */
export function readEndEntity(der: Uint8Array): X509Certificate | string {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(Uint8Array.from(der))
  } catch {
    return 'the certificate can not be read'
  }
  if (isAuthority(certificate)) return 'the certificate is that of an authority'
  if (!hasSoundKey(certificate)) return 'the key of the certificate is of a kind not accepted'
  return certificate
}

/** Whether a certificate may sign others. */
export function isAuthority(certificate: X509Certificate): boolean {
  const constraints = certificate.getExtension(BasicConstraintsExtension)
  const usages = certificate.getExtension(KeyUsagesExtension)?.usages ?? 0
  const signs = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign
  return constraints?.ca === true || (usages & signs) !== 0
}

/** Whether TLS takes a certificate for that of a client: it says so, or nothing of its use. */
export function isForClients(certificate: X509Certificate): boolean {
  const usages = certificate.getExtension(ExtendedKeyUsageExtension)?.usages
  return usages === undefined || usages.includes(ExtendedKeyUsage.clientAuth)
}

/** Whether a certificate's key is one this service relies on in TLS. */
export function hasSoundKey(certificate: X509Certificate): boolean {
  const algorithm = certificate.publicKey.algorithm as {
    name?: string
    namedCurve?: string
    modulusLength?: number
  }
  if (algorithm.name?.startsWith('RSA')) return (algorithm.modulusLength ?? 0) >= RSA_BITS_MIN
  return EC_CURVES.includes(algorithm.namedCurve ?? '')
}

function onlyUri(certificate: X509Certificate): string | undefined {
  const extensions = certificate.extensions.filter(({ type }) => type === SUBJECT_ALTERNATIVE_NAME)
  if (extensions.length !== 1) return undefined
  const names = certificate.getExtension(SubjectAlternativeNameExtension)?.names.items ?? []
  const uris = names.filter((name) => name.type === 'url')
  return uris.length === 1 ? uris[0]?.value : undefined
}
