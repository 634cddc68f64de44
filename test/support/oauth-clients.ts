import { Agent as Connections, fetch as send } from 'undici'
import type { Deployment, Peer } from './http.ts'

/** A fetch of somebody else's client, and what ends its connections. */
export interface MutualFetch {
  readonly fetch: (url: string, options: object) => Promise<Response>
  close(): Promise<void>
}

/**
 * A fetch that presents the certificate of an agent. What is addressed to the issuer goes to the
 * mTLS listener, as behind a proxy that has both names.
 */
export function mutualFetch(site: Deployment, peer: Peer): MutualFetch {
  const dispatcher = new Connections({ connect: { ca: site.rootPem, ...peer.credential } })
  const here = `https://127.0.0.1:${site.agentsPort}`
  return {
    fetch: async (url, options) => {
      const at = url.replace(site.world.issuer, here)
      const answer = await send(at, { ...options, dispatcher })
      return answer as unknown as Response
    },
    close: () => dispatcher.destroy(),
  }
}
