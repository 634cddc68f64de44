import { trustDomainOf } from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { type Leaf, readLeaf } from './leaf.ts'
import { type TrustBundles, trustBundles } from './trust.ts'

/** What a certificate that somebody else saw in its handshake is held against. */
export interface ForwardedExpectations {
  readonly trustDomain: string
  /** The only authority of the trust domain, PEM. */
  readonly rootPem: string
  readonly now: EpochSeconds
}

/** Roots are few and never change; reading one costs more than a signature. */
const known = new Map<string, TrustBundles>()

/**
 * The peer that a trusted proxy says it had at the other end of its own TLS connection, by the DER
 * of its certificate. That the peer holds the key, the proxy answers for (I8 as far as it is
 * trusted); everything that can be seen in a certificate is seen here: who signed it, the name in
 * it, and that it is valid now. Refusals: `unauthenticated`, `certificate_expired`.
 */
export function forwardedPeer(der: Uint8Array, expectations: ForwardedExpectations): Result<Leaf> {
  const { trustDomain, rootPem, now } = expectations
  const leaf = readLeaf(der)
  if (typeof leaf === 'string') return refuse('unauthenticated', { reason: leaf })
  if (trustDomainOf(leaf.uri) !== trustDomain) {
    return refuse('unauthenticated', { reason: 'another trust domain', peer: leaf.uri })
  }
  const bundle = known.get(rootPem) ?? trustBundles(new Map([[trustDomain, rootPem]]))
  known.set(rootPem, bundle)
  if (!bundle.signed(trustDomain, der)) {
    return refuse('unauthenticated', { reason: 'no authority of its trust domain signed it' })
  }
  if (now < leaf.notBefore || now >= leaf.notAfter) {
    return refuse('certificate_expired', { peer: leaf.uri, notAfter: leaf.notAfter })
  }
  return accept(leaf)
}
