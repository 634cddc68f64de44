import type { PresentedProof } from '../token/proof-header.ts'
import type { PeerIdentity } from './ports.ts'

/**
 * A peer as an enforcement point without a store names it to the authority. A key is not named: the
 * authority looks at the proof itself.
 */
export function peerToSend({ uri, certificate, address }: PeerIdentity): {
  readonly uri?: string
  readonly certificate_thumbprint?: string
  readonly address?: string
} {
  return {
    ...(uri === undefined || certificate === undefined
      ? {}
      : { uri, certificate_thumbprint: certificate }),
    ...(address === undefined ? {} : { address }),
  }
}

/** A proof as it is sent along; whether its nonce was ours, the enforcement point has judged. */
export function proofToSend(proof: PresentedProof | undefined): {
  readonly proof?: { readonly jwt: string; readonly method: string; readonly url: string }
} {
  if (proof === undefined) return {}
  const { jwt, method, url } = proof
  return { proof: { jwt, method, url } }
}
