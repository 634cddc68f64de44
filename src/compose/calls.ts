import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { createAdmission } from '../admission/admit.ts'
import type { Admit } from '../admission/ports.ts'
import { type AgentUri, type CertificateThumbprint, DEFAULT_TENANT } from '../domain/ids.ts'
import { ACTION_TIMEOUT_MS, HANDLE_MISSES_PER_MINUTE } from '../domain/limits.ts'
import { accept, type Result } from '../domain/result.ts'
import { epochSeconds, later } from '../domain/time.ts'
import { createGateway, type Gateway, type GatewaySetup } from '../gateway/gateway.ts'
import type { Route, RouteTable } from '../gateway/route-table.ts'
import type { GatewayPeer } from '../gateway/run-call.ts'
import { createRateLimit, noiseKey } from '../listener/rate-limit.ts'
import { mutualTlsOptions } from '../pki/listener.ts'
import type { Config, ListenAddress } from '../settings/config.ts'
import { isLoopback } from '../settings/readers.ts'
import type { ActionGateway } from '../usecases/actions/action-desk.ts'
import { chooseCredential } from '../usecases/credentials/choose-credential.ts'
import { createHandleAdmission } from '../usecases/handles/admit-handle.ts'
import { pinsInStore } from '../usecases/leases/pin-hosts.ts'
import { callJudge } from '../usecases/policies/ask-policy.ts'
import { judgeAgain } from '../usecases/tokens/judge-again.ts'
import { refusalRecorder } from '../usecases/tokens/redeem-token.ts'
import { settleHere } from '../usecases/tokens/settle-reservations.ts'
import { signAdmission } from '../usecases/tokens/sign-admission.ts'
import { spendMessage } from '../usecases/tokens/spend-message.ts'
import type { World } from '../usecases/world.ts'
import { clientAuthorities, keepFresh, type Peers, peersOf } from './peers.ts'
import { counted, type Endings, urlOf } from './process.ts'
import { createProcessLook } from './process-look.ts'
import { proofTerms, provenAt, provenListener } from './proven-peers.ts'
import type { OpenWorld } from './world.ts'

type Opened = Pick<OpenWorld, 'world' | 'log' | 'metrics'>

/** Opens the listener of tokens over mutual TLS, and that of proven keys where there is one. */
export async function serveGateway(
  config: Config,
  opened: Opened,
  routes: RouteTable,
  endings: Endings,
): Promise<{ gateway: string; dpop?: string }> {
  const { world, metrics } = opened
  const { clock } = world
  const at = config['listeners.gateway']
  const tls = await serverTls(config, world)
  const setup = {
    ...callSetup(config, opened, routes),
    ...proofTerms(config, clock),
    admitFor: ({ resource }: Route) => counted(admissionFor(world, resource), metrics),
  }
  const { gateway, port } = await serveCalls(config, opened, endings, {
    ...setup,
    tls,
    identify: peersOf(world),
    at,
  })
  const proven = provenAt(config)
  const second =
    proven &&
    (await serveCalls(config, opened, endings, {
      ...setup,
      ...provenListener(tls, peersOf(world)),
      at: proven,
    }))
  const [host = 'localhost'] = config.server_names
  world.actions?.offer(actionsOver(gateway, { clock, host }))
  endings.onDrain(() => world.actions?.offer(undefined))
  const dpop = proven && second && { dpop: urlOf('https', proven, second.port) }
  return { gateway: urlOf('https', at, port), ...dpop }
}

/** The gateway as it makes calls for agents; each is over before its certificate's end matters. */
export function actionsOver(
  gateway: Pick<Gateway, 'send'>,
  { clock, host }: { clock: World['clock']; host: string },
): ActionGateway {
  return {
    send({ route, path, peer, ...call }) {
      const notAfter = later(clock.now(), Math.ceil(ACTION_TIMEOUT_MS / 1_000) + 1)
      return gateway.send({
        ...call,
        host,
        target: `/${route}${path}`,
        peer: { ...peer, notAfter },
      })
    },
  }
}

/** Opens the listener of handles, where there is to be one. */
export async function serveHandles(
  config: Config,
  opened: Opened,
  routes: RouteTable,
  endings: Endings,
): Promise<{ handles?: string }> {
  const at = config['listeners.handles']
  if (at === 'off') return {}
  const { world, metrics } = opened
  const plain = isLoopback(at.host)
  const misses = createRateLimit(HANDLE_MISSES_PER_MINUTE)
  const point = { tenant: DEFAULT_TENANT, misses: (address: string) => misses(noiseKey(address)) }
  const { port } = await serveCalls(config, opened, endings, {
    ...callSetup(config, opened, routes),
    processOf: createProcessLook(),
    prefix: '/proxy',
    tls: plain ? 'plain' : { ...(await serverTls(config, world)), rejectUnauthorized: false },
    identify: (socket) => bearerOf(socket, world),
    admitFor: ({ resource }) =>
      counted(createHandleAdmission(world, { ...point, audience: resource }), metrics),
    at,
  })
  const url = urlOf(plain ? 'http' : 'https', at, port)
  world.cdp?.offerProxy({ url, port })
  endings.onDrain(() => world.cdp?.offerProxy(undefined))
  return { handles: url }
}

/** Admission at one resource, over the store of this process. */
export function admissionFor(world: World, resource: string): Admit {
  return createAdmission({
    tenant: DEFAULT_TENANT,
    issuer: world.issuer,
    audience: resource,
    keys: world.keys,
    clock: world.store,
    redeemer: world.store,
    recorder: refusalRecorder(world.store),
    judge: callJudge(world, DEFAULT_TENANT),
  })
}

/** What a listener shows and whom it takes: a fresh certificate and the bundles of now. */
export async function serverTls(config: Config, world: World) {
  const names = config.server_names
  const server = await world.ca.issueServer({ names, now: world.clock.now() })
  const authorities = clientAuthorities(world.ca.rootPem, world.federation)
  return mutualTlsOptions({ ...server, clientAuthorities: authorities })
}

/** What both listeners take of this process. */
function callSetup(config: Config, { world, log, metrics }: Opened, routes: RouteTable) {
  const [first = 'localhost', ...others] = config.server_names
  const { clock, issuer, ids, policies, store } = world
  return {
    routes,
    names: [first, ...others],
    issuer,
    ids,
    clock,
    log,
    staleness: () => store.revocationStaleness(),
    receiptOf: (admitted) => signAdmission(world, admitted),
    pinKeeper: pinsInStore(world, DEFAULT_TENANT),
    openCredential: (wanted, claims) => chooseCredential(world, DEFAULT_TENANT, { wanted, claims }),
    spendMessage: (message) => spendMessage(world, DEFAULT_TENANT, message),
    judgeAgain: (call, moved) => judgeAgain(world, DEFAULT_TENANT, call, moved),
    settleCall: (call) => settleHere(store, DEFAULT_TENANT, call),
    observeSettlement: (result) => metrics.settlement(result),
    onRevocation: (listener) => store.onRevocation(listener),
    onPolicies: policies && ((listener) => policies.onChange(listener)),
    observe: (route, result) => metrics.gatewayRequest(route, result),
  } satisfies Partial<GatewaySetup>
}

async function serveCalls(
  config: Config,
  { world }: Opened,
  endings: Endings,
  setup: GatewaySetup & { readonly at: ListenAddress },
): Promise<{ gateway: Gateway; port: number }> {
  const gateway = createGateway(setup)
  const port = await gateway.listen(setup.at)
  endings.onDrain(gateway.drain)
  endings.push(() => gateway.close({ graceMs: endings.graceMs() }))
  keepFresh(endings, world.federation, async () =>
    gateway.renewCertificate(await serverTls(config, world)),
  )
  return { gateway, port }
}

/** Nobody in particular: who a bearer speaks for, the handle says. */
const BEARER = 'bearer' as AgentUri
const NO_CERTIFICATE = '' as CertificateThumbprint
const NO_END = epochSeconds(Number.MAX_SAFE_INTEGER)

/**
 * What the connection of a bearer shows: a certificate that we signed, as long as it is in force,
 * if any. What runs ends with it.
 */
function bearerOf(socket: Socket, world: Peers): Result<GatewayPeer> {
  const none = { uri: BEARER, certificate: NO_CERTIFICATE, notAfter: NO_END }
  if (!(socket instanceof TLSSocket)) return accept(none)
  const peer = peersOf(world)(socket)
  return accept(peer.ok ? { ...peer.value, uri: BEARER } : none)
}
