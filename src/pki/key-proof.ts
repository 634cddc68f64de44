import { verify, X509Certificate } from 'node:crypto'
import { trustDomainOf } from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { type Leaf, readLeaf } from './leaf.ts'
import { trustBundles } from './trust.ts'

/** A text, who says to have signed it, and the signature. */
export interface KeyProof {
  readonly text: string
  /** PEM of one certificate that our authority signed. */
  readonly certificatePem: string
  /** SHA-256 with the key of the certificate; ECDSA in DER, as OpenSSL writes it. */
  readonly signature: Uint8Array
}

/**
 * Who signed a text, where there is no TLS that would tell: by a certificate that came along, which
 * our own authority signed and which is valid now. Says nothing of whether the text is fresh.
 * Refusals: `unauthenticated`, alike for every fault of proof and certificate;
 * `certificate_expired`.
 */
export function provenSigner(
  proof: KeyProof,
  own: { readonly trustDomain: string; readonly rootPem: string; readonly now: EpochSeconds },
): Result<Leaf> {
  const certificate = readCertificate(proof.certificatePem)
  if (certificate === undefined) return refuse('unauthenticated', { proof: 'certificate' })
  const leaf = readLeaf(certificate.raw)
  if (typeof leaf === 'string') return refuse('unauthenticated', { proof: leaf })
  const { trustDomain, rootPem, now } = own
  const bundle = trustBundles(new Map([[trustDomain, rootPem]]))
  const ours = trustDomainOf(leaf.uri) === trustDomain
  if (!ours || !bundle.signed(trustDomain, certificate.raw)) {
    return refuse('unauthenticated', { proof: 'not of our authority' })
  }
  if (!isSigned(proof, certificate)) return refuse('unauthenticated', { proof: 'signature' })
  return now < leaf.notBefore || now >= leaf.notAfter
    ? refuse('certificate_expired', { peer: leaf.uri, notAfter: leaf.notAfter })
    : accept(leaf)
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

function isSigned({ text, signature }: KeyProof, { publicKey }: X509Certificate): boolean {
  try {
    return verify('sha256', Buffer.from(text), publicKey, signature)
  } catch {
    return false
  }
}
