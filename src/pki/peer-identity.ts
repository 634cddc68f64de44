import type { TLSSocket } from 'node:tls'
import { trustDomainOf } from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { type Leaf, readLeaf } from './leaf.ts'
import type { TrustBundles } from './trust.ts'

/** What peers are held against; without `bundles` only the own trust domain is known. */
export interface PeerExpectations {
  readonly trustDomain: string
  readonly now: EpochSeconds
  readonly bundles?: TrustBundles | undefined
}

/** A leaf, or the words for what is wrong with it; and whose bundles it was held against. */
interface Reading {
  readonly leaf: Leaf | string
  readonly bundles: TrustBundles | undefined
}

/** TLS 1.3 has no renegotiation: the certificate of a connection never changes. */
const readings = new WeakMap<TLSSocket, Reading>()

/**
 * Who is at the other end of a TLS connection, from the TLS layer alone (I8). To be asked on every
 * request: resumption and keep-alive outlive a certificate, so its validity is held against `now`
 * each time. Refusals: `unauthenticated` for a stranger, a leaf that names no agent or several, an
 * authority, a foreign trust domain or one whose own bundle did not sign the leaf;
 * `certificate_expired`. Does not know of revocation: that is asked with the lineage.
 */
export function peerIdentity(socket: TLSSocket, expectations: PeerExpectations): Result<Leaf> {
  if (socket.authorized !== true) {
    return refuse('unauthenticated', { reason: 'the TLS layer did not authorize the peer' })
  }
  const { trustDomain, now, bundles } = expectations
  const leaf = readingOf(socket, bundles).leaf
  if (typeof leaf === 'string') return refuse('unauthenticated', { reason: leaf })
  if (bundles === undefined && trustDomainOf(leaf.uri) !== trustDomain) {
    return refuse('unauthenticated', { reason: 'another trust domain', peer: leaf.uri })
  }
  if (now < leaf.notBefore || now >= leaf.notAfter) {
    return refuse('certificate_expired', { peer: leaf.uri, notAfter: leaf.notAfter })
  }
  return accept(leaf)
}

function readingOf(socket: TLSSocket, bundles: TrustBundles | undefined): Reading {
  const known = readings.get(socket)
  if (known !== undefined && known.bundles === bundles) return known
  const reading = { leaf: readPeer(socket, bundles), bundles }
  readings.set(socket, reading)
  return reading
}

function readPeer(socket: TLSSocket, bundles: TrustBundles | undefined): Leaf | string {
  if (socket.getProtocol() !== 'TLSv1.3') return 'the connection is not TLS 1.3'
  const der = socket.getPeerX509Certificate()?.raw
  if (der === undefined) return 'there is no client certificate'
  const leaf = readLeaf(der)
  if (typeof leaf === 'string' || bundles === undefined) return leaf
  const signed = bundles.signed(trustDomainOf(leaf.uri), der)
  return signed ? leaf : 'no authority of its trust domain signed the certificate'
}
