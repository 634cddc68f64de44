import { readFileSync } from 'node:fs'
import { type AuthorityKeys, createAuthorityKeys } from '../admission/authority-keys.ts'
import { createRedemptionQueue, type RedemptionQueue } from '../admission/redemption-queue.ts'
import { createRelayedAdmission } from '../admission/relay.ts'
import { membersOf } from '../admission/remote-answer.ts'
import { DEFAULT_TENANT, trustDomainOf } from '../domain/ids.ts'
import {
  AUTHORITY_KEYS_AGE_MS,
  REDEEM_DEADLINE_MS,
  UNWATCHED_CALL_SECONDS,
} from '../domain/limits.ts'
import { createFeedClient, type FeedClient } from '../gateway/feed/feed-client.ts'
import { createGateway, type Gateway, type GatewaySetup } from '../gateway/gateway.ts'
import { requireInjection } from '../gateway/injection/choice.ts'
import { type AuthorityLink, createAuthorityLink } from '../gateway/remote/authority-link.ts'
import { keepOwnCertificate, type OwnCertificate } from '../gateway/remote/own-certificate.ts'
import { settleAtAuthority } from '../gateway/remote/settle-at-authority.ts'
import { createHealth, type Health } from '../listener/health.ts'
import { createLog, type Log } from '../log.ts'
import { createMetrics, type Metrics } from '../metrics.ts'
import {
  type Identity,
  type IdentityFiles,
  openIdentity,
  replaceIdentity,
} from '../pki/identity-files.ts'
import { mutualTlsOptions } from '../pki/listener.ts'
import type { Config } from '../settings/config.ts'
import { systemClock, systemIds } from '../system.ts'
import { openTracing } from '../tracing.ts'
import { type Ledgers, openLedgers } from './detached.ts'
import { clientAuthorities, keepFresh, openFederation, type Peers, peersOf } from './peers.ts'
import {
  type Addresses,
  counted,
  createEndings,
  endingTermsOf,
  openGateway,
  readRoutes,
  serveAdmin,
} from './process.ts'
import { proofTerms, provenAt, provenListener } from './proven-peers.ts'

/** A gateway without a store, until it is closed. */
export interface ServingGateway extends Addresses {
  close(): Promise<void>
}

/** A request that is no redemption gets this long. */
const ASK_MS = 1_000

/**
 * Serves a gateway that has no store, no keys folder and no authority of its own: it verifies with
 * the authority's published keys and has the authority redeem. It starts also while the authority
 * is away, and is not ready then. Throws plain sentences for what an operator has to mend.
 */
export async function serveRemoteGateway(config: Config): Promise<ServingGateway> {
  await openTracing()
  const routes = readRoutes(config['gateway.routes'])
  requireInjection(routes.values(), undefined)
  const files = filesOf(config)
  const authorities = readAuthorities(config['gateway.authority_ca'])
  const identity = openGatewayIdentity(files)
  const log = createLog({ level: config['log.level'], format: config['log.format'] })
  const { peers, tlsOf, show } = openPeers(config, { identity, authorities, log })
  const metrics = createMetrics({ process: true })
  const health = createHealth()
  const endings = createEndings()
  endings.onDrain(() => health.drain())
  const ledgers = await openLedgers(config, routes, { log, metrics })
  endings.push(() => ledgers.close())
  const link = openLink(config, authorities, identity)
  endings.push(() => link.close())
  const keys = openKeys(link, log)
  endings.push(async () => keys.close())
  const queue = createRedemptionQueue((body, signal, requestId) =>
    link.ask({ method: 'POST', path: '/v1/redemptions', body, signal, requestId }),
  )
  const own = keepOwn(identity, { files, link, log }, (next) => {
    link.replaceIdentity({ certificate: next.certificatePem, privateKey: next.privateKeyPem })
    show(next, [gateway, proven])
  })
  endings.push(async () => own.close())
  const refresh = async () => show(own.current(), [gateway, proven])
  keepFresh(endings, peers.federation, refresh)
  const feed = openFeed(config, authorities, { keys, own, log })
  endings.push(() => feed.close())
  metrics.revocationStaleness(() => feed.staleness())
  const setup = {
    ...callSetup(config, { identity, peers, keys, queue, feed, ledgers, log, metrics }),
    ...proofTerms(config, systemClock),
    tls: tlsOf(identity),
    routes,
    settleCall: (call) => settleAtAuthority(link, call),
    observeSettlement: (result) => metrics.settlement(result),
  } satisfies GatewaySetup
  const gateway = createGateway(setup)
  const provenTo = provenAt(config)
  const proven =
    provenTo && createGateway({ ...setup, ...provenListener(setup.tls, peersOf(peers)) })
  requireAll(health, { link, keys, own, feed })
  try {
    const admin = await serveAdmin(config, { ids: systemIds, log, metrics, health }, endings)
    await keys.refresh()
    const url = await openGateway(gateway, config['listeners.gateway'], endings)
    const dpop = proven && { dpop: await openGateway(proven, provenTo, endings) }
    const close = () => endings.run(endingTermsOf(config))
    return { ...admin, gateway: url, ...dpop, close }
  } catch (fault) {
    await endings.run()
    throw fault
  }
}

/** Who is taken for whom, and what the listeners show to all of them. */
function openPeers(
  config: Config,
  by: { readonly identity: Identity; readonly authorities: string; readonly log: Log },
) {
  const { identity, authorities: rootPem, log } = by
  const trustDomain = trustDomainOf(identity.uri)
  const federation = openFederation(config, { trustDomain, rootPem }, log)
  const peers: Peers = { trustDomain, federation, clock: systemClock }
  const tlsOf = ({ certificatePem, privateKeyPem }: Identity) => {
    const authorities = clientAuthorities(rootPem, federation)
    return mutualTlsOptions({ certificatePem, privateKeyPem, clientAuthorities: authorities })
  }
  const show = (next: Identity, gateways: readonly (Gateway | undefined)[]) => {
    const tls = tlsOf(next)
    for (const gateway of gateways) gateway?.renewCertificate(tls)
  }
  return { peers, tlsOf, show }
}

/** How calls are admitted here, and who is told of them. */
function callSetup(
  { issuer }: Config,
  parts: {
    readonly identity: Identity
    readonly peers: Peers
    readonly keys: AuthorityKeys
    readonly queue: RedemptionQueue
    readonly feed: FeedClient
    readonly ledgers: Ledgers
    readonly log: Log
    readonly metrics: Metrics
  },
): Omit<GatewaySetup, 'tls' | 'routes'> {
  const { identity, peers, keys, queue, feed, ledgers, log, metrics } = parts
  const clock = systemClock
  return {
    names: identity.serverNames,
    issuer,
    ids: systemIds,
    clock,
    log,
    identify: peersOf(peers),
    admitFor: ({ resource: audience, mode }) =>
      counted(
        mode.kind === 'detached'
          ? ledgers.admissionFor(audience, { ...mode, keys, revocations: feed })
          : createRelayedAdmission({ issuer, audience, keys, clock, queue }),
        metrics,
      ),
    receiptOf: async ({ receipt }) => receipt,
    staleness: () => feed.staleness(),
    onRevocation: (listener) => feed.onRevocation(listener),
    onMissed: (listener) => feed.onMissed(listener),
    observe: (route, result) => metrics.gatewayRequest(route, result),
  }
}

function filesOf(config: Config): IdentityFiles {
  const files = {
    certificate: config['gateway.certificate'],
    privateKey: config['gateway.private_key'],
  }
  if (files.certificate !== '' && files.privateKey !== '') return files
  throw new Error('A gateway with an authority elsewhere needs gateway.certificate and its key.')
}

function readAuthorities(path: string): string {
  if (path === '')
    throw new Error('A gateway with an authority elsewhere needs its root: gateway.authority_ca.')
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Error(`There is no certificate of an authority in ${path}.`, { cause })
  }
}

function openGatewayIdentity(files: IdentityFiles): Identity {
  const identity = openIdentity(files)
  const { uri, serverNames } = identity
  if (!uri.startsWith(`spiffe://${trustDomainOf(uri)}/gateway/`)) {
    throw new Error(`${uri} is no enforcement point: enroll one with --role enforcement.`)
  }
  if (serverNames.length === 0) {
    throw new Error(`${uri} may serve under no name: enroll it with --server-name.`)
  }
  return identity
}

function openLink(config: Config, authorities: string, identity: Identity): AuthorityLink {
  const { certificatePem: certificate, privateKeyPem: privateKey } = identity
  const addresses = config.authority
  return createAuthorityLink({ addresses, authorities, identity: { certificate, privateKey } })
}

function openKeys(link: AuthorityLink, log: Log): AuthorityKeys {
  const path = '/.well-known/jwks.json'
  return createAuthorityKeys({
    async fetch() {
      const answer = await link.ask({ method: 'GET', path, signal: AbortSignal.timeout(ASK_MS) })
      if (answer.status !== 200) throw new Error(`The authority answered ${answer.status}.`)
      return answer.json
    },
    failed: (cause) => log.fault('gateway.keys', cause),
  })
}

function keepOwn(
  identity: Identity,
  parts: { readonly files: IdentityFiles; readonly link: AuthorityLink; readonly log: Log },
  replaced: (identity: Identity) => void,
): OwnCertificate {
  const { files, link, log } = parts
  const path = '/v1/agents/self/certificate'
  return keepOwnCertificate({
    identity,
    clock: systemClock,
    read: () => openIdentity(files),
    keep: (next) => replaceIdentity(files, next),
    replaced,
    failed: (cause) => log.fault('gateway.certificate', cause),
    async certify(csr) {
      const body = JSON.stringify({ csr })
      const signal = AbortSignal.timeout(REDEEM_DEADLINE_MS)
      const answer = await link.ask({ method: 'POST', path, body, signal })
      const { certificate } = membersOf(answer.json)
      if (typeof certificate === 'string') return certificate
      throw new Error(`The authority answered ${answer.status} without a certificate.`)
    },
  })
}

/** Follows what is revoked, so that calls that run are cut. */
function openFeed(
  config: Config,
  authorities: string,
  parts: { readonly keys: AuthorityKeys; readonly own: OwnCertificate; readonly log: Log },
): FeedClient {
  const { keys, own, log } = parts
  return createFeedClient({
    authorities: config.authority,
    credentials: () => {
      const { certificatePem: certificate, privateKeyPem: privateKey } = own.current()
      return { certificate, privateKey, authorities }
    },
    issuer: config.issuer,
    tenant: DEFAULT_TENANT,
    keys,
    refreshKeys: () => keys.refresh(),
    clock: systemClock,
    failed: (cause) => log.fault('gateway.feed', cause),
  })
}

/** Whether calls can be decided: the authority says so itself, and it knows us. */
function requireAll(
  health: Health,
  parts: {
    readonly link: AuthorityLink
    readonly keys: AuthorityKeys
    readonly own: OwnCertificate
    readonly feed: FeedClient
  },
): void {
  const { link, keys, own, feed } = parts
  health.add('authority', async () => {
    const signal = AbortSignal.timeout(ASK_MS)
    const { status } = await link.ask({ method: 'GET', path: '/readyz', signal })
    return status === 200 ? { ok: true, detail: 'ready' } : { ok: false, detail: 'not ready' }
  })
  health.add('keys', async () => {
    const ok = keys.age() < AUTHORITY_KEYS_AGE_MS
    return { ok, detail: ok ? 'fresh' : 'stale' }
  })
  health.add('certificate', async () => {
    const ok = systemClock.now() < own.current().notAfter
    return { ok, detail: ok ? 'valid' : 'expired' }
  })
  health.add('feed', async () => {
    const ok = feed.staleness() <= UNWATCHED_CALL_SECONDS
    return { ok, detail: ok ? 'fresh' : 'stale' }
  })
}
