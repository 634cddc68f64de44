import { Agent as Connections, fetch as undiciFetch } from 'undici'
import { actionsOver, admissionFor } from '../../src/compose/calls.ts'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import type { ScopeRequest } from '../../src/domain/scope/types.ts'
import { chooseCredential } from '../../src/usecases/credentials/choose-credential.ts'
import { signAdmission } from '../../src/usecases/tokens/sign-admission.ts'
import { catalogOf } from './catalog.ts'
import { routeToml, startGateway } from './gateway.ts'
import { AUDIENCE, type Deployment, openDeployment, type Peer } from './http.ts'
import { startTlsUpstream, type TlsUpstream } from './injection.ts'
import type { Credential } from './pki.ts'

/** The secret behind the route; no agent may ever see it. */
export const KEY = 'sk_live_canary_leash_0001'

/** An authority with a gateway, an upstream that demands a key, and an agent that may use it. */
export interface LeashSite {
  readonly site: Deployment
  readonly upstream: TlsUpstream
  readonly agent: Peer
  /** Sets what the contract of the agent says beside its scope. */
  terms(terms: object): Promise<void>
  /** As a client of MCP wants it: the certificate of an agent on every connection. */
  fetchAs(credential: Credential): typeof fetch
  readonly mcp: URL
  close(): Promise<void>
}

/** Terms under which nobody is asked. */
export const FREE_TERMS = {
  categories: ['api_key'],
  actions: true,
  approval_mode: 'auto_within_contract',
}

/** A contract for the upstream. */
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
        body: 'any',
        private_net: true,
      },
    ],
    audiences: [AUDIENCE],
    limits: { ttl_seconds: 3600, max_uses: 'unlimited', max_depth: 1, max_children: 5 },
  }
}

/** Opens one, with the credential `key` of category `api_key` behind the route `up`. */
export async function openLeashSite(): Promise<LeashSite> {
  const upstream = await startTlsUpstream()
  const routesToml = routeToml('up', upstream.origin, 'credential = "key"')
  const site = await openDeployment({}, { catalog: catalogOf(routesToml, AUDIENCE) })
  upstream.handle = ({ request, body }, response) => {
    response.statusCode = request.headers.authorization === `Bearer ${KEY}` ? 200 : 401
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ url: request.url, body }))
  }
  const gateway = await offerGateway(site, upstream, routesToml)
  const contract = contractAt(upstream.origin)
  const agent = await site.enroll('worker', { contract, terms: FREE_TERMS })
  const fields = { value: KEY }
  const kept = { name: 'key', kind: 'bearer', category: 'api_key', origins: [upstream.origin] }
  const made = await site.owner.ask('POST', '/v1/credentials', { body: { ...kept, fields } })
  if (made.status !== 201) throw new Error(made.text)
  const pools: Connections[] = []
  return {
    site,
    upstream,
    agent,
    async terms(terms) {
      const body = { contract, terms }
      const set = await site.owner.ask('PUT', '/v1/agents/worker/contract', { body })
      if (set.status !== 200) throw new Error(set.text)
    },
    fetchAs(credential) {
      const dispatcher = new Connections({ connect: { ca: site.rootPem, ...credential } })
      pools.push(dispatcher)
      const as = (url: string | URL, init: object) => undiciFetch(url, { ...init, dispatcher })
      return as as unknown as typeof fetch
    },
    mcp: new URL(`https://127.0.0.1:${site.agentsPort}/mcp`),
    async close() {
      await Promise.all(pools.map((pool) => pool.destroy()))
      await gateway.close({ graceMs: 0 })
      upstream.close()
      await site.close()
    },
  }
}

async function offerGateway({ world }: Deployment, upstream: TlsUpstream, routesToml: string) {
  const { gateway } = await startGateway(upstream.origin, {
    routesToml,
    clock: world.clock,
    ids: world.ids,
    admitFor: () => admissionFor(world, AUDIENCE),
    receiptOf: (admitted) => signAdmission(world, admitted),
    openCredential: (wanted, claims) => chooseCredential(world, DEFAULT_TENANT, { wanted, claims }),
    onRevocation: (listener) => world.store.onRevocation(listener),
    upstream: { resolve: async () => ['127.0.0.1'], authorities: [upstream.rootPem] },
  })
  world.actions?.offer(actionsOver(gateway, { clock: world.clock, host: 'gateway.test' }))
  return gateway
}
