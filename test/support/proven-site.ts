import type { ServerResponse } from 'node:http'
import { WebSocketServer } from 'ws'
import { serveGateway } from '../../src/compose/calls.ts'
import { createEndings } from '../../src/compose/process.ts'
import { readRouteTable } from '../../src/gateway/route-table.ts'
import { createLog } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import type { PolicySource } from '../../src/policy/source.ts'
import { readConfig } from '../../src/settings/config.ts'
import type { Prover } from './dpop.ts'
import { startUpstream } from './gateway.ts'
import { type Deployment, openDeployment, type Peer, type Seen } from './http.ts'

/** What is answered at this address begins and does not end. */
export const STREAM = '/a/stream'
/** The resource of the one route. */
export const RESOURCE = 'https://gateway.example/up'

/** An authority, a gateway with both listeners of tokens, and an upstream behind it. */
export interface ProvenSite {
  readonly site: Deployment
  /** Mutual TLS. */
  readonly gateway: string
  /** No certificate needed. */
  readonly dpop: string
  /** Headers of every request the upstream got. */
  readonly arrived: Readonly<Record<string, unknown>>[]
  /** Answers at STREAM that the upstream has begun. */
  readonly streams: ServerResponse[]
  /** The upstream. */
  readonly origin: string
  readonly scope: (requires?: object) => object
  /** A lease of the whole scope; answers its id. */
  lease(holder: Peer, requires?: object): Promise<string>
  /** Asks for one token, with a proof of this key where there is one. */
  mint(holder: Peer, lease: string, prover?: Prover, more?: MintMore): Promise<Seen>
  close(): Promise<void>
}

/** What else goes with a mint. */
export interface MintMore {
  readonly body?: object
  readonly proof?: string
}

/**
 * Opens all of it; `flags` are further settings. Beside the route `up` there may be others to the
 * same upstream, each with lines of its own, and policies. The upstream echoes WebSockets.
 */
export async function openProvenSite(
  flags: Readonly<Record<string, string>> = {},
  more: {
    readonly policies?: PolicySource
    readonly routes?: Readonly<Record<string, string>>
  } = {},
): Promise<ProvenSite> {
  const { policies, routes = {} } = more
  const site = await openDeployment({ callerRequestsPerMinute: 5_000 }, { policies })
  const arrived: Record<string, unknown>[] = []
  const streams: ServerResponse[] = []
  const upstream = await startUpstream((incoming, response) => {
    arrived.push(incoming.headers)
    if (incoming.url !== STREAM) return void response.end(`${incoming.method} ${incoming.url}`)
    streams.push(response)
    // Longer than what is held back for a secret that may come in pieces.
    response.write('first '.repeat(200))
  })
  const sockets = new WebSocketServer({ server: upstream.server })
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)))
  const config = readConfig({
    flags: { 'listeners.gateway': '127.0.0.1:0', 'listeners.dpop': '127.0.0.1:0', ...flags },
  })
  const routeOf = ([name, lines]: readonly [string, string]) =>
    `[[route]]\nname = "${name}"\nupstream = "${upstream.origin}"\nresource = "${RESOURCE}"\n${lines}\n`
  const toml = Object.entries({ up: '', ...routes })
    .map(routeOf)
    .join('')
  const table = readRouteTable({ name: 'routes.toml', text: toml })
  if (!config.ok || !table.ok) throw new Error('the settings are wrong')
  const endings = createEndings()
  const log = createLog({ level: 'debug', destination: { write: (line) => site.lines.push(line) } })
  const opened = { world: site.world, log, metrics: createMetrics() }
  const { gateway, dpop = '' } = await serveGateway(config.config, opened, table.routes, endings)
  const port = Number(new URL(upstream.origin).port)
  const scope = (requires: object = {}) => ({
    type: 'urn:writ:scope:v1',
    grants: [
      {
        type: 'http',
        schemes: ['http'],
        hosts: ['127.0.0.1'],
        ports: [port],
        methods: ['GET', 'POST'],
        paths: ['/a/**'],
        private_net: true,
      },
    ],
    audiences: [RESOURCE],
    limits: { ttl_seconds: 3600, max_uses: 'unlimited', max_depth: 4 },
    requires,
  })
  const url = `https://127.0.0.1:${site.agentsPort}/v1/tokens`
  return {
    site,
    gateway,
    dpop,
    arrived,
    streams,
    origin: upstream.origin,
    scope,
    async lease(holder, requires) {
      const body = { scope: scope(requires) }
      const seen = await holder.ask('POST', '/v1/leases', { body })
      if (seen.status !== 201) throw new Error(seen.text)
      return seen.json.id
    },
    mint(holder, lease, prover, { body, proof } = {}) {
      const made = proof ?? prover?.prove({ method: 'POST', url })
      return holder.ask('POST', '/v1/tokens', {
        body: { lease_id: lease, audience: RESOURCE, ...body },
        ...(made === undefined ? {} : { headers: { dpop: made } }),
      })
    },
    async close() {
      await endings.run()
      sockets.close()
      upstream.close()
      await site.close()
    },
  }
}
