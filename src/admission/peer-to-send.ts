import type { PeerIdentity } from './ports.ts'

/** A peer as an enforcement point without a store names it to the authority. */
export function peerToSend({ uri, certificate, address }: PeerIdentity): {
  readonly uri: string
  readonly certificate_thumbprint: string
  readonly address?: string
} {
  const named = { uri, certificate_thumbprint: certificate }
  return address === undefined ? named : { ...named, address }
}
