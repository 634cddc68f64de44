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

/**
 * A proof as it is sent along. Nonces are the enforcement point's own, so that a no of it goes
 * along: else the authority would spend a token whose call is refused here.
 */
export function proofToSend(proof: PresentedProof | undefined): {
  readonly proof?: {
    readonly jwt: string
    readonly method: string
    readonly url: string
    readonly nonce_refused?: true
  }
} {
  if (proof === undefined) return {}
  const { jwt, method, url, nonceRefused } = proof
  const plain = { jwt, method, url }
  return { proof: nonceRefused === true ? { ...plain, nonce_refused: true } : plain }
}
