import { randomUUID } from 'node:crypto'
import { request } from 'undici'
import { servedRoute } from '../../src/compose/catalog.ts'
import { createProcessLook } from '../../src/compose/process-look.ts'
import { type AgentUri, type CertificateThumbprint, DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { accept } from '../../src/domain/result.ts'
import type { ScopeRequest } from '../../src/domain/scope/types.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import { createGateway, type Gateway } from '../../src/gateway/gateway.ts'
import { readRouteTable } from '../../src/gateway/route-table.ts'
import { createLog } from '../../src/log.ts'
import { Catalog } from '../../src/usecases/catalog/catalog.ts'
import { chooseCredential } from '../../src/usecases/credentials/choose-credential.ts'
import { createHandleAdmission } from '../../src/usecases/handles/admit-handle.ts'
import { signAdmission } from '../../src/usecases/tokens/sign-admission.ts'
import { type Asker, AUDIENCE, type Deployment, openDeployment, type Peer } from './http.ts'
import { startTlsUpstream, type TlsUpstream } from './injection.ts'
import { TRUST_DOMAIN } from './pki.ts'

/** The secret that the upstream wants and no agent may see. */
export const UPSTREAM_KEY = 'sk_live_canary_cdp_0001'

/** An authority with a gate of CDP, its proxy, a credential and an upstream that demands it. */
export interface CdpSite {
  readonly site: Deployment
  readonly upstream: TlsUpstream
  readonly gateway: Gateway
  /** Of the proxy. */
  readonly port: number
  readonly planner: Peer
  readonly worker: Peer
  close(): Promise<void>
}

/** Opens one; `planner` and `worker` may use the credential `github` and delegate. */
export async function openCdpSite(): Promise<CdpSite> {
  const upstream = await startTlsUpstream()
  upstream.handle = ({ request }, response) => {
    const known = request.headers.authorization === `Bearer ${UPSTREAM_KEY}`
    response.statusCode = known ? 200 : 401
    response.end(`${request.method} ${request.url}`)
  }
  const toml = [
    '[[route]]\nname = "up"\ncredential = "github"',
    `upstream = "${upstream.origin}"\nresource = "${AUDIENCE}"`,
  ].join('\n')
  const table = readRouteTable({ name: 'routes', text: toml })
  if (!table.ok) throw new Error(table.problem)
  const catalog = new Catalog([...table.routes.values()].map(servedRoute))
  const site = await openDeployment({ callerRequestsPerMinute: 5_000 }, { catalog })
  const { world } = site
  const none = { uri: 'bearer' as AgentUri, certificate: '' as CertificateThumbprint }
  const point = { tenant: DEFAULT_TENANT, misses: async () => accept(undefined) }
  const gateway = createGateway({
    routes: table.routes,
    names: ['localhost', '127.0.0.1'],
    issuer: world.issuer,
    ids: world.ids,
    clock: world.clock,
    log: createLog({ level: 'debug', destination: { write: (line) => site.lines.push(line) } }),
    staleness: () => 0,
    receiptOf: (admitted) => signAdmission(world, admitted),
    openCredential: (wanted, claims) => chooseCredential(world, DEFAULT_TENANT, { wanted, claims }),
    onRevocation: (listener) => world.store.onRevocation(listener),
    processOf: createProcessLook(),
    prefix: '/proxy',
    tls: 'plain',
    identify: () => accept({ ...none, notAfter: epochSeconds(Number.MAX_SAFE_INTEGER) }),
    admitFor: ({ resource }) => createHandleAdmission(world, { ...point, audience: resource }),
    upstream: { resolve: async () => ['127.0.0.1'], authorities: [upstream.rootPem] },
  })
  const port = await gateway.listen({ host: '127.0.0.1', port: 0 })
  world.cdp?.offerProxy({ url: `http://127.0.0.1:${port}`, port })
  await site.owner.ask('POST', '/v1/credentials', {
    body: {
      name: 'github',
      kind: 'bearer',
      category: 'api_key',
      origins: [upstream.origin],
      fields: { value: UPSTREAM_KEY },
    },
  })
  const order = { contract: contractAt(upstream.origin), terms: { categories: ['api_key'] } }
  return {
    site,
    upstream,
    gateway,
    port,
    planner: await site.enroll('planner', order),
    worker: await site.enroll('worker', order),
    async close() {
      await gateway.close({ graceMs: 0 })
      upstream.close()
      await site.close()
    },
  }
}

/** What agents of these tests may have at most. */
export function contractAt(origin: string): ScopeRequest {
  const { hostname, port } = new URL(origin)
  return {
    type: 'urn:writ:scope:v1',
    grants: [
      {
        type: 'http',
        hosts: [hostname],
        ports: [Number(port)],
        methods: ['GET', 'POST'],
        paths: ['/repos/**'],
        private_net: true,
      },
    ],
    audiences: [AUDIENCE],
    limits: { ttl_seconds: 3600, max_uses: 'unlimited', max_depth: 2, max_children: 5 },
    delegation: { allowed: true, delegates: [`spiffe://${TRUST_DOMAIN}/agent/**`] },
  }
}

/** The scope most tests ask for. */
export const ASKED = { hosts: ['upstream.test'], methods: ['GET'], paths: ['/repos/**'] }

// biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
type Answer = { readonly result?: any; readonly error?: any }

/** Members that every request of CDP has. */
export function freshMembers(site: Deployment) {
  const now = site.world.clock.now() * 1_000
  return { nonce: randomUUID(), timestamp: new Date(now).toISOString() }
}

/** One call over mutual TLS, with fresh members unless the parameters bring others. */
export async function rpc(
  { site }: Pick<CdpSite, 'site'>,
  as: Asker,
  method: string,
  params: object,
): Promise<Answer> {
  const body = { jsonrpc: '2.0', id: 1, method, params: { ...freshMembers(site), ...params } }
  return (await as.ask('POST', '/cdp', { body })).json
}

/** Registers over mutual TLS; answers the session token. */
export async function registered(cdp: Pick<CdpSite, 'site'>, as: Asker): Promise<string> {
  const said = { agent_id: 'test', agent_version: '1.0' }
  const answer = await rpc(cdp, as, 'cdp.register', said)
  if (answer.error !== undefined) throw new Error(JSON.stringify(answer.error))
  return answer.result.session_token
}

/** A client of one site: an agent that is registered, and its calls. */
export interface CdpClient {
  readonly session: string
  ask(method: string, params?: object, as?: Peer): Promise<Answer>
  /** A lease through the proxy; throws when there is none. */
  lease(more?: object): Promise<Answer['result']>
  /** A call with a lease token, as the SDKs make it. */
  proxied(grant: ShownLease, url?: string, headers?: Headers): Promise<Proxied>
}

interface ShownLease {
  readonly lease_token: string
  readonly channel_binding_nonce: string
}
type Headers = Readonly<Record<string, string>>
interface Proxied {
  readonly status: number
  readonly refusal: unknown
  readonly text: string
}

/** Registers the planner and answers how it asks. */
export async function cdpClient(cdp: CdpSite): Promise<CdpClient> {
  const session = await registered(cdp, cdp.planner)
  const client: CdpClient = {
    session,
    ask: (method, params = {}, as = cdp.planner) =>
      rpc(cdp, as, method, { session_token: session, ...params }),
    async lease(more = {}) {
      const usual = { credential_ref: 'github', scope: ASKED, mode: 'http_proxy', reason: 'r' }
      const { result, error } = await client.ask('cdp.lease.request', { ...usual, ...more })
      if (error !== undefined) throw new Error(JSON.stringify(error))
      return result
    },
    async proxied(grant, url = `${cdp.upstream.origin}/repos/a`, headers = {}) {
      const { pathname, search, host } = new URL(url)
      const shown = {
        host,
        'x-cdp-lease-token': grant.lease_token,
        'x-cdp-channel-binding': grant.channel_binding_nonce,
        'x-cdp-original-url': url,
      }
      const address = `http://127.0.0.1:${cdp.port}${pathname}${search}`
      const answer = await request(address, { headers: { ...shown, ...headers } })
      const refusal = answer.headers['writ-refusal']
      return { status: answer.statusCode, refusal, text: await answer.body.text() }
    },
  }
  return client
}

/** An error as its number and our word. */
export function told({ error }: Answer): readonly unknown[] {
  return [error?.code, error?.data.code]
}
