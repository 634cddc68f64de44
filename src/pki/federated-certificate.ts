import { type AgentUri, trustDomainOf } from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { isForClients, type Leaf, readLeaf } from './leaf.ts'
import { onlyCertificate } from './one-certificate.ts'
import type { TrustBundles } from './trust.ts'
import { X509Certificate } from './x509.ts'

/**
 * Reads the one certificate of a PEM text: an X509-SVID of `uri`, for clients, that an authority of
 * its own trust domain signed, in force at `now`. Refuses `malformed` otherwise, with the reason in
 * words.
 */
export function readFederatedCertificate(
  pem: string,
  expected: {
    readonly uri: AgentUri
    readonly bundles: TrustBundles
    readonly now: EpochSeconds
  },
): Result<Leaf> {
  const { uri, bundles, now } = expected
  const der = onlyCertificate(pem)
  if (der === undefined) return unfit('Not one certificate in PEM.')
  const leaf = readLeaf(der)
  if (typeof leaf === 'string') return unfit(`Not fit: ${leaf}.`)
  if (!isForClients(new X509Certificate(der))) return unfit('It is not for clients.')
  if (leaf.uri !== uri) return unfit('It names another id.')
  if (!bundles.signed(trustDomainOf(uri), der)) {
    return unfit('No authority of its trust domain signed it.')
  }
  if (now < leaf.notBefore || now >= leaf.notAfter) return unfit('It is not in force.')
  return accept(leaf)
}

function unfit(detail: string): Result<never> {
  return refuse('malformed', {}, [{ pointer: '/certificate', code: 'certificate', detail }])
}
