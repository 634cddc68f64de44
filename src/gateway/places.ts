import { GATEWAY_CALLS_PER_PEER_MAX, UPSTREAM_CONNECTIONS_MAX } from '../domain/limits.ts'

/** Who calls what: an agent, and the origin of an upstream. */
export interface Place {
  readonly peer: string
  readonly origin: string
}

/**
 * Places for calls that run. One agent can not take them all, and no call waits unseen for a
 * connection to an upstream that has none left: it is told `overloaded` while its token is unspent.
 */
export interface Places {
  /** Takes a place, and answers how to give it back; undefined when there is none. */
  take(place: Place): (() => void) | undefined
}

/** Opens the places of one gateway, none of them taken. */
export function createPlaces(
  perPeer: number = GATEWAY_CALLS_PER_PEER_MAX,
  perOrigin: number = UPSTREAM_CONNECTIONS_MAX,
): Places {
  const peers = new Map<string, number>()
  const origins = new Map<string, number>()
  return {
    take({ peer, origin }) {
      if ((peers.get(peer) ?? 0) >= perPeer) return undefined
      if ((origins.get(origin) ?? 0) >= perOrigin) return undefined
      add(peers, peer, 1)
      add(origins, origin, 1)
      let taken = true
      return () => {
        if (!taken) return
        taken = false
        add(peers, peer, -1)
        add(origins, origin, -1)
      }
    },
  }
}

function add(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}
