import { serveGateway, serveHandles } from '../../src/compose/calls.ts'
import { servedRoute } from '../../src/compose/catalog.ts'
import { createEndings } from '../../src/compose/process.ts'
import type { RefusalCode } from '../../src/domain/refusal.ts'
import type { ScopeRequest } from '../../src/domain/scope/types.ts'
import { readProxyTable } from '../../src/forward-auth/proxy-table.ts'
import { type RouteTable, readRouteTable } from '../../src/gateway/route-table.ts'
import { createLog } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { readPolicySet } from '../../src/policy/read-set.ts'
import type { PolicySet } from '../../src/policy/set.ts'
import { readConfig } from '../../src/settings/config.ts'
import { StoreFault } from '../../src/store/fault.ts'
import { Catalog } from '../../src/usecases/catalog/catalog.ts'
import { TOOLS_URI } from '../support/aat.ts'
import { trustIssuer } from '../support/aat-http.ts'
import { startUpstream } from '../support/gateway.ts'
import { type Asker, type Deployment, openDeployment, type Peer } from '../support/http.ts'
import { agentUri, enrolled, TRUST_DOMAIN } from '../support/pki.ts'

/** What somebody got to hear: our word, or that it was allowed. */
export type Word = RefusalCode | 'allowed'

/** The resource of the one route, and of the one service. */
export const RESOURCE = 'https://gateway.example/up'
/** Another one, of which the contracts know. */
export const ELSEWHERE = 'https://gateway.example/elsewhere'
/** How the service behind proxies and middleware is named in scopes. */
export const SERVICE = 'https://service.example'

/** One authority, a gateway with every listener, and agents, for all faces together. */
export interface Stage {
  readonly site: Deployment
  /** Another authority, where each may ask once a minute, and an agent of it. */
  readonly hurried: { readonly site: Deployment; readonly agent: Peer }
  readonly gateway: string
  readonly proven: string
  readonly handles: string
  readonly holder: Peer
  readonly other: Peer
  /** An enforcement point that asks for others. */
  readonly point: Peer
  /** A proxy that asks by forward-auth. */
  readonly edge: Peer
  /** A certificate of our authority, and no agent. */
  readonly stranger: Asker & Pick<Peer, 'credential' | 'uri' | 'thumbprint' | 'name'>
  /** Another agent that nobody else needs. */
  fresh(): Promise<Peer>
  scope(change?: Partial<ScopeRequest>): ScopeRequest
  /** A root lease; answers its id. */
  lease(holder?: Peer, change?: Partial<ScopeRequest>): Promise<string>
  /** Puts an effect on a subject. */
  bar(subject: string, effect?: 'revoked' | 'suspended'): Promise<void>
  /** While it runs, this policy decides for everybody, or the store is away. */
  under<T>(mode: 'deny' | 'prompt', work: () => Promise<T>): Promise<T>
  withoutStore<T>(work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

const EVERYBODY = `match.agents = ["spiffe://${TRUST_DOMAIN}/**"]`
const ALLOW = `[[policy]]\nname = "all"\n${EVERYBODY}\nallow = "contract"\napproval.mode = "auto"\n`
const POLICIES = {
  allow: ALLOW,
  deny: `${ALLOW}[[policy]]\nname = "stop"\nmatch = "any"\napproval.mode = "deny"\n`,
  prompt: ALLOW.replace('"auto"', '"prompt"'),
} as const

const PROXIES = `[[proxy]]
agent = "spiffe://${TRUST_DOMAIN}/gateway/edge"
headers = "original"
certificate = "escaped-pem"
sites = { "${SERVICE}" = "${RESOURCE}" }`

const TERMS = {
  categories: ['api_key'],
  actions: true,
  approval_mode: 'auto_within_contract',
  key_only_tokens: true,
}

/** Opens all of it. */
export async function openStage(): Promise<Stage> {
  const sets = { ...POLICIES, now: 'allow' as keyof typeof POLICIES }
  const policies = {
    current: () => setOf(sets[sets.now]),
    loadedAt: () => site.world.clock.now(),
    problems: () => [],
    onChange: () => () => undefined,
  }
  const proxies = readProxyTable({ name: 'proxies.toml', text: PROXIES })
  if (!proxies.ok) throw new Error(proxies.problem)
  const upstream = await startUpstream((_request, response) => response.end('done'))
  const { origin } = upstream
  const routes = routesTo(origin)
  const catalog = new Catalog([...routes.values()].map(servedRoute))
  const site = await openDeployment(
    { callerRequestsPerMinute: 100_000, strangerRequestsPerMinute: 100_000 },
    { policies, proxies: proxies.proxies, catalog },
  )
  const slow = await openDeployment({ callerRequestsPerMinute: 1 })
  await trustIssuer(site)
  const listeners = await openListeners(site, routes)
  catalog.announce(listeners)
  await keepKey(site, origin)
  const scope = (change: Partial<ScopeRequest> = {}): ScopeRequest => ({
    type: 'urn:writ:scope:v1',
    grants: grantsAt(Number(new URL(origin).port)),
    audiences: [RESOURCE],
    limits: LIMITS,
    delegation: DELEGATION,
    ...change,
  })
  const contract = { ...scope({ audiences: [RESOURCE, ELSEWHERE] }) }
  const enroll = (name: string) => site.enroll(name, { contract, terms: TERMS })
  const pointContract = { ...contract, grants: [], audiences: [RESOURCE, ELSEWHERE, TOOLS_URI] }
  let fresh = 0
  const stage: Stage = {
    site,
    hurried: { site: slow, agent: await slow.enroll('hasty') },
    ...listeners,
    holder: await enroll('holder'),
    other: await enroll('other'),
    point: await site.enroll('point', { role: 'enforcement', contract: pointContract }),
    edge: await site.enroll('edge', { role: 'enforcement', contract: pointContract }),
    stranger: await strangerAt(site),
    fresh() {
      fresh += 1
      return enroll(`fresh-${fresh}`)
    },
    scope,
    async lease(holder = stage.holder, change = {}) {
      const seen = await holder.ask('POST', '/v1/leases', { body: { scope: scope(change) } })
      if (seen.status !== 201) throw new Error(seen.text)
      return seen.json.id
    },
    async bar(subject, effect = 'revoked') {
      const body = { subject, effect, reason: 'a test' }
      const seen = await site.owner.ask('POST', '/v1/revocations', { body })
      if (seen.status >= 300) throw new Error(seen.text)
    },
    async under(mode, work) {
      sets.now = mode
      return work().finally(() => {
        sets.now = 'allow'
      })
    },
    withoutStore: (work) => withoutStore(site, work),
    async close() {
      await listeners.end()
      upstream.close()
      await slow.close()
      await site.close()
    },
  }
  return stage
}

/** As the tests ask for when they ask for everything. */
export const LIMITS = {
  ttl_seconds: 3600,
  max_uses: 'unlimited',
  max_depth: 3,
  max_children: 100,
} as const
export const DELEGATION = { allowed: true, delegates: [`spiffe://${TRUST_DOMAIN}/agent/**`] }

function grantsAt(port: number): ScopeRequest['grants'] {
  const what = { type: 'http', methods: ['GET', 'POST'], paths: ['/a/**'], body: 'any' } as const
  return [
    { ...what, schemes: ['http'], hosts: ['127.0.0.1'], ports: [port], private_net: true },
    { ...what, hosts: ['service.example'], paths: ['/a/**', '/repos/a/**'] },
  ]
}

function setOf(text: string): PolicySet {
  const read = readPolicySet([{ name: 'a.toml', text }])
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  return read.set
}

async function strangerAt(site: Deployment): Promise<Stage['stranger']> {
  const uri = agentUri('nobody')
  const now = site.world.clock.now()
  const credential = await enrolled(site.world.ca, uri, { now, seconds: 3_600 })
  return { uri, name: 'nobody', thumbprint: '', credential, ...site.peer(credential) }
}

/** The credential behind the route `up-keyed`. */
async function keepKey({ owner }: Deployment, origin: string): Promise<void> {
  const kept = { name: 'key', kind: 'bearer', category: 'api_key', origins: [origin] }
  const body = { ...kept, fields: { value: 'sk_live_canary_faces_0001' } }
  const made = await owner.ask('POST', '/v1/credentials', { body })
  if (made.status !== 201) throw new Error(made.text)
}

const FLAGS = {
  'listeners.gateway': '127.0.0.1:0',
  'listeners.dpop': '127.0.0.1:0',
  'listeners.handles': '127.0.0.1:0',
}

/** One route that calls pay for, and one with a credential. */
function routesTo(upstream: string): RouteTable {
  const route = (name: string, more: string) =>
    `[[route]]\nname = "${name}"\nupstream = "${upstream}"\nresource = "${RESOURCE}"\n${more}\n`
  const cost = 'cost = [{ unit = "USD", decimals = 2, amount = 1 }]'
  const text = route('up', cost) + route('up-keyed', 'credential = "key"')
  const table = readRouteTable({ name: 'routes.toml', text })
  if (!table.ok) throw new Error(table.problem)
  return table.routes
}

async function openListeners(site: Deployment, routes: RouteTable) {
  const config = readConfig({ flags: FLAGS })
  if (!config.ok) throw new Error('the settings are wrong')
  const endings = createEndings()
  const log = createLog({ level: 'debug', destination: { write: (line) => site.lines.push(line) } })
  const opened = { world: site.world, log, metrics: createMetrics() }
  const { gateway, dpop = '' } = await serveGateway(config.config, opened, routes, endings)
  const { handles = '' } = await serveHandles(config.config, opened, routes, endings)
  return { gateway, proven: dpop, handles, end: () => endings.run() }
}

/** Whatever is asked of the store is not answered, as when its disk or its server is gone. */
async function withoutStore<T>({ world }: Deployment, work: () => Promise<T>): Promise<T> {
  const { store } = world
  const { read, decide, redeem } = store
  const away = () => Promise.reject(new StoreFault('status_unknown', 'away'))
  Object.assign(store, { read: away, decide: away, redeem: away })
  return work().finally(() => Object.assign(store, { read, decide, redeem }))
}
