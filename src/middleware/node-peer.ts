import { createHash, type X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import type { PeerIdentity } from '../admission/ports.ts'
import {
  type AgentUri,
  type CertificateThumbprint,
  parseAgentUri,
  trustDomainOf,
} from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'

/** What a certificate says, once it has the shape of an X509-SVID leaf. */
interface Leaf {
  readonly uri: AgentUri
  readonly certificate: CertificateThumbprint
  readonly notBefore: number
  readonly notAfter: number
}

const RSA_BITS_MIN = 2048
const CURVES: readonly string[] = ['prime256v1', 'secp384r1']

/** TLS 1.3 has no renegotiation: the certificate of a connection never changes. */
const readings = new WeakMap<TLSSocket, Leaf | undefined>()

/**
 * Who is at the other end of a connection of a server on Node that asks for client certificates
 * (I8): from its TLS layer, never from a header, whatever a framework is told to trust. Asked on
 * every request, since resumption and keep-alive outlive a certificate. Refusals:
 * `unauthenticated`, `certificate_expired`. Revocation is the authority's to know.
 */
export function peerOfRequest(
  request: IncomingMessage,
  trustDomain: string,
  now: number = Date.now(),
): Result<PeerIdentity> {
  const { socket } = request
  if (!(socket instanceof TLSSocket)) return refuse('unauthenticated', { tls: false })
  if (socket.authorized !== true || socket.getProtocol() !== 'TLSv1.3') {
    return refuse('unauthenticated', { authorized: false })
  }
  const leaf = readingOf(socket)
  if (leaf === undefined) return refuse('unauthenticated', { certificate: 'names no agent' })
  const { uri, certificate } = leaf
  if (trustDomainOf(uri) !== trustDomain) return refuse('unauthenticated', { peer: uri })
  if (now < leaf.notBefore || now >= leaf.notAfter) {
    return refuse('certificate_expired', { peer: uri })
  }
  const address = socket.remoteAddress
  return accept({ uri, certificate, ...(address === undefined ? {} : { address }) })
}

/** Reads a leaf; undefined for an authority, a weak key, or names other than one agent. */
export function readNodeLeaf(certificate: X509Certificate): Leaf | undefined {
  if (certificate.ca || !hasSoundKey(certificate)) return undefined
  const names = certificate.subjectAltName?.split(', ') ?? []
  const [only, ...others] = names.filter((name) => name.startsWith('URI:'))
  const uri = others.length === 0 ? parseAgentUri(only?.slice('URI:'.length) ?? '') : undefined
  if (uri === undefined) return undefined
  const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url')
  return {
    uri,
    certificate: thumbprint as CertificateThumbprint,
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
  }
}

function readingOf(socket: TLSSocket): Leaf | undefined {
  if (readings.has(socket)) return readings.get(socket)
  const certificate = socket.getPeerX509Certificate()
  const leaf = certificate === undefined ? undefined : readNodeLeaf(certificate)
  readings.set(socket, leaf)
  return leaf
}

function hasSoundKey({ publicKey }: X509Certificate): boolean {
  const { namedCurve, modulusLength = 0 } = publicKey.asymmetricKeyDetails ?? {}
  if (publicKey.asymmetricKeyType === 'rsa') return modulusLength >= RSA_BITS_MIN
  return publicKey.asymmetricKeyType === 'ec' && CURVES.includes(namedCurve ?? '')
}
