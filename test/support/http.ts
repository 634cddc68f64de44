import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Agent as Connections, request } from 'undici'
import { createAppraiser } from '../../src/attestation/appraise.ts'
import { createAgentsApp, createApiApp } from '../../src/compose/apps.ts'
import type { ScopeRequest } from '../../src/domain/scope/types.ts'
import { type Clock, epochSeconds } from '../../src/domain/time.ts'
import type { ListenerParts } from '../../src/listener/app.ts'
import { createHealth } from '../../src/listener/health.ts'
import { type Listening, listen } from '../../src/listener/serve.ts'
import { createLog } from '../../src/log.ts'
import { createMetrics, type Metrics } from '../../src/metrics.ts'
import { createPost } from '../../src/outbound/post.ts'
import { openCertificateAuthority } from '../../src/pki/ca.ts'
import { createAgentRequest } from '../../src/pki/csr.ts'
import { mutualTlsOptions } from '../../src/pki/listener.ts'
import { openSqliteStore } from '../../src/store/open.ts'
import { systemIds } from '../../src/system.ts'
import { openKeyRing } from '../../src/token/keyring.ts'
import { ActionDesk } from '../../src/usecases/actions/action-desk.ts'
import { createWebhookSender } from '../../src/usecases/alerts/webhook-sender.ts'
import { EventStreams } from '../../src/usecases/event-streams.ts'
import { RevocationFeed } from '../../src/usecases/feed/revocation-feed.ts'
import { StatusLists } from '../../src/usecases/revocations/status-lists.ts'
import type { World } from '../../src/usecases/world.ts'
import { openMasterKey } from '../../src/vault/envelope.ts'
import { catalogOf } from './catalog.ts'
import { testVault } from './credentials.ts'
import { type DeploymentSettings, testGate } from './deployment-settings.ts'
import { partnerTrusted } from './partner.ts'
import { insertPerson } from './people.ts'
import { type Credential, freshFolder, TRUST_DOMAIN } from './pki.ts'

/** An answer as a test looks at it. */
export interface Seen {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
  readonly json: any
}

/** One request of a test; `body` is sent as JSON, `raw` as it is. */
export interface Ask {
  readonly body?: unknown
  readonly raw?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Somebody who asks: a person at the plain listener, or a peer at the mTLS listener. */
export interface Asker {
  ask(method: string, path: string, ask?: Ask): Promise<Seen>
}

/** An enrolled agent with its certificate. */
export interface Peer extends Asker {
  readonly uri: string
  readonly name: string
  readonly credential: Credential
  readonly thumbprint: string
}

/** The whole authority in one process: real store, keys, certificates and sockets. */
export interface Deployment {
  readonly world: World
  readonly metrics: Metrics
  /** Every line the log wrote. */
  readonly lines: string[]
  readonly owner: Asker
  readonly operator: Asker
  readonly nobody: Asker
  readonly ownerToken: string
  readonly rootPem: string
  readonly agentsPort: number
  /** Where store and keys lie. */
  readonly folder: string
  /** Thrown by the next reads of the store, first come first thrown. */
  readonly faults: unknown[]
  /** Moves the clock. */
  advance(seconds: number): void
  /** Asks the plain listener as whoever the headers say. */
  bearer(token: string): Asker
  enroll(name: string, order?: EnrollOrder): Promise<Peer>
  /** A peer with another certificate at the same listener. */
  peer(credential: Credential): Asker
  close(): Promise<void>
}

/** How an agent of a test is enrolled. */
export interface EnrollOrder {
  readonly role?: 'agent' | 'enforcement'
  readonly contract?: ScopeRequest
  /** As on the wire. */
  readonly terms?: object
}

/** Names of the mTLS listener; nginx compares with DNS names alone. */
const SERVER_NAMES = ['127.0.0.1', 'authority.internal']

/** Where the tests' calls go. */
export const AUDIENCE = 'https://gateway.example:9443/github'

/** The one route that an authority knows where a test names no others. */
const ROUTE = `[[route]]
name = "up"
upstream = "https://api.github.com"
resource = "${AUDIENCE}"`

/** A contract wide enough for what the tests do. */
export const CONTRACT: ScopeRequest = {
  type: 'urn:writ:scope:v1',
  grants: [
    {
      type: 'http',
      hosts: ['api.github.com'],
      methods: ['GET', 'POST'],
      paths: ['/repos/acme/**'],
    },
  ],
  audiences: [AUDIENCE],
  limits: { ttl_seconds: 3600, max_uses: 'unlimited', max_depth: 4, max_children: 5 },
  delegation: { allowed: true, delegates: [`spiffe://${TRUST_DOMAIN}/agent/**`] },
}

/** Part of the contract. */
export const NARROW: ScopeRequest = {
  type: 'urn:writ:scope:v1',
  grants: [
    { type: 'http', hosts: ['api.github.com'], methods: ['GET'], paths: ['/repos/acme/x/**'] },
  ],
}

/** Opens an authority in a fresh folder. */
export async function openDeployment(
  limits: ListenerParts['limits'] = {},
  settings: DeploymentSettings = {},
): Promise<Deployment> {
  const folder = freshFolder()
  let offset = 0
  const clock: Clock = { now: () => epochSeconds(Math.floor(Date.now() / 1000) + offset) }
  const faults: unknown[] = []
  const opened = await openWorld(folder, clock, faults, settings)
  const { proxies = new Map(), leashTokens = false, policies, exposure } = settings
  const world: World = { ...opened, policies, leashTokens, exposure }
  const lines: string[] = []
  const metrics = createMetrics()
  const log = createLog({ level: 'debug', destination: { write: (line) => lines.push(line) } })
  const health = createHealth({ store: async () => ({ ok: true, detail: 'up' }) })
  const agentsUrl = () => `https://127.0.0.1:${listening.port}`
  const parts = { world, log, metrics, health, hosts: ['writ.example'], limits, agentsUrl }
  const api = createApiApp(parts)
  const server = await world.ca.issueServer({ names: SERVER_NAMES, now: clock.now() })
  const authorities = world.federation?.bundles().authorities ?? []
  const listening = await listen(createAgentsApp({ ...parts, proxies }), {
    host: '127.0.0.1',
    port: 0,
    tls: mutualTlsOptions({ ...server, clientAuthorities: authorities }),
  })

  const ask = (headers: Readonly<Record<string, string>>): Asker => ({
    async ask(method, path, given = {}) {
      const body = bodyOf(given)
      const init = { method, headers: { ...headersOf(given), ...headers, ...given.headers } }
      const answer = await api.request(path, { ...init, ...(body === undefined ? {} : { body }) })
      return see(answer.status, Object.fromEntries(answer.headers), await answer.text())
    },
  })
  const pools: Connections[] = []
  const deployment: Deployment = {
    world,
    metrics,
    lines,
    faults,
    nobody: ask({}),
    owner: ask({}),
    operator: ask({}),
    ownerToken: await insertPerson(world, 'owner'),
    rootPem: world.ca.rootPem,
    agentsPort: listening.port,
    folder,
    advance: (seconds) => {
      offset += seconds
    },
    bearer: (token) => ask({ authorization: `Bearer ${token}` }),
    enroll: (name, order) => enroll(deployment, name, order),
    peer: (credential) => peerAt(listening, world.ca.rootPem, credential, pools),
    close: async () => {
      await Promise.all(pools.map((pool) => pool.destroy()))
      await world.feed.close()
      world.streams.close()
      await listening.close(100)
      await world.store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  const operatorToken = await insertPerson(world, 'operator')
  return Object.assign(deployment, {
    owner: deployment.bearer(deployment.ownerToken),
    operator: deployment.bearer(operatorToken),
  })
}

async function openWorld(
  folder: string,
  clock: Clock,
  faults: unknown[],
  settings: DeploymentSettings,
): Promise<World> {
  const keysDir = join(folder, 'keys')
  const master = await openMasterKey(keysDir, {})
  const trustDomain = TRUST_DOMAIN
  const store = await openSqliteStore({ path: join(folder, 'data', 'writ.db'), clock })
  const read = store.read.bind(store)
  store.read = (work) => (faults.length > 0 ? Promise.reject(faults.shift()) : read(work))
  const keys = await openKeyRing({ keysDir, master, clock })
  const issuer = 'https://writ.example'
  const ca = await openCertificateAuthority({ keysDir, master, trustDomain, now: clock.now() })
  return {
    issuer,
    trustDomain,
    store,
    keys,
    feed: new RevocationFeed({ issuer, store, keys, clock, failed: () => undefined }),
    ...(settings.statusList === true
      ? { statusLists: new StatusLists({ issuer, store, keys }) }
      : {}),
    webhooks: createWebhookSender({ master, post: createPost(), clock }),
    ca,
    federation: await partnerTrusted(ca),
    ids: systemIds,
    clock,
    appraise: createAppraiser({ verifier: 'https://writ.example', releaseKeys: [] }),
    vault: testVault(store, master),
    actions: new ActionDesk(),
    cdp: testGate(master),
    catalog: settings.catalog ?? catalogOf(ROUTE),
    approvals: { seconds: 300, quorum: settings.quorum ?? 1 },
    streams: new EventStreams(),
  }
}

async function enroll(
  deployment: Deployment,
  name: string,
  order: EnrollOrder = {},
): Promise<Peer> {
  const { role = 'agent', contract = CONTRACT } = order
  const path = role === 'agent' ? 'agent' : 'gateway'
  const { csrPem, privateKeyPem } = await createAgentRequest(
    `spiffe://${TRUST_DOMAIN}/${path}/${name}` as Parameters<typeof createAgentRequest>[0],
  )
  const { terms } = order
  const body = { name, role, csr: csrPem, contract, terms, evidence: { method: 'mtls' } }
  const seen = await deployment.owner.ask('POST', '/v1/agents', { body })
  if (seen.status !== 201) throw new Error(seen.text)
  const credential = { cert: seen.json.certificate, key: privateKeyPem }
  const { uri, certificate_thumbprint: thumbprint } = seen.json
  return { uri, name, credential, thumbprint, ...deployment.peer(credential) }
}

function peerAt(
  listening: Listening,
  ca: string,
  credential: Credential,
  pools: Connections[],
): Asker {
  const dispatcher = new Connections({ connect: { ca, ...credential } })
  pools.push(dispatcher)
  return {
    async ask(method, path, given = {}) {
      const answer = await request(`https://127.0.0.1:${listening.port}${path}`, {
        dispatcher,
        method: method as 'GET',
        headers: { ...headersOf(given), ...given.headers },
        body: bodyOf(given) ?? null,
      })
      return see(answer.statusCode, answer.headers, await answer.body.text())
    },
  }
}

function bodyOf(given: Ask): string | undefined {
  return given.raw ?? (given.body === undefined ? undefined : JSON.stringify(given.body))
}

function headersOf(given: Ask): Record<string, string> {
  return bodyOf(given) === undefined ? {} : { 'content-type': 'application/json' }
}

function see(status: number, headers: Seen['headers'], text: string): Seen {
  const json = String(headers['content-type']).endsWith('json')
  return { status, headers, text, json: json && text !== '' ? JSON.parse(text) : undefined }
}
