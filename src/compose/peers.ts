import type { TLSSocket } from 'node:tls'
import type { Result } from '../domain/result.ts'
import type { Clock } from '../domain/time.ts'
import type { Log } from '../log.ts'
import type { Leaf } from '../pki/leaf.ts'
import { peerIdentity } from '../pki/peer-identity.ts'
import { openTrustFolder, type TrustFolder } from '../pki/trust.ts'
import type { Config } from '../settings/config.ts'

/** Who is at the other end of a connection; see `peerIdentity`. */
export type PeerOf = (socket: TLSSocket) => Result<Leaf>

/** Whose word for the name of a peer is taken, and the time to hold it against. */
export interface Peers {
  readonly trustDomain: string
  readonly federation?: TrustFolder | undefined
  readonly clock: Clock
}

/** Tells peers by the authorities of their own trust domains. */
export function peersOf({ trustDomain, federation, clock }: Peers): PeerOf {
  return (socket) =>
    peerIdentity(socket, { trustDomain, bundles: federation?.bundles(), now: clock.now() })
}

/** Authorities of other trust domains beside our own, where there is a folder of them. */
export function openFederation(
  config: Pick<Config, 'trust_bundles_dir'>,
  own: { readonly trustDomain: string; readonly rootPem: string },
  log: Log,
): TrustFolder | undefined {
  const folder = config.trust_bundles_dir
  if (folder === '') return undefined
  return openTrustFolder(folder, own, (fault) => log.fault('trust.unreadable', fault))
}

/** PEM of all that may sign certificates of clients, by what lies in the folder now. */
export function clientAuthorities(rootPem: string, federation?: TrustFolder): readonly string[] {
  federation?.reread()
  return federation?.bundles().authorities ?? [rootPem]
}
