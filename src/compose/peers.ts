import type { TLSSocket } from 'node:tls'
import type { Result } from '../domain/result.ts'
import type { Clock } from '../domain/time.ts'
import type { Log } from '../log.ts'
import type { Leaf } from '../pki/leaf.ts'
import { peerIdentity } from '../pki/peer-identity.ts'
import { openTrustFolder, type TrustFolder } from '../pki/trust.ts'
import type { Config } from '../settings/config.ts'
import { type Endings, every, RENEW_EVERY_MS } from './process.ts'

/** How often the folder of bundles is read. */
export const TRUST_LOOK_MS = 60_000

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

/** PEM of all that may sign certificates of clients. */
export function clientAuthorities(rootPem: string, federation?: TrustFolder): readonly string[] {
  return federation?.bundles().authorities ?? [rootPem]
}

/**
 * Has a listener of peers show a new certificate long before its old one ends, and take whom the
 * bundles name within a minute of their change. What they name no more is refused by `peersOf` from
 * then on, also on connections that stand.
 */
export function keepFresh(
  endings: Endings,
  federation: TrustFolder | undefined,
  renew: () => Promise<unknown>,
): void {
  every(RENEW_EVERY_MS, endings, renew)
  if (federation === undefined) return
  let shown = federation.bundles()
  every(TRUST_LOOK_MS, endings, async () => {
    federation.reread()
    if (federation.bundles() === shown) return
    shown = federation.bundles()
    await renew()
  })
}
