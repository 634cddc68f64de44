import { CENSUS_LOOK_MS, WATCH_LOOK_MS, WEBHOOK_LOOK_MS } from '../domain/limits.ts'
import type { SecurityContact } from '../http/security-text.ts'
import { createHealth, type Health } from '../listener/health.ts'
import { listen } from '../listener/serve.ts'
import type { Config } from '../settings/config.ts'
import { openTracing } from '../tracing.ts'
import { Courier } from '../usecases/alerts/courier.ts'
import { Census } from '../usecases/census.ts'
import { Watcher } from '../usecases/watch/watcher.ts'
import type { World } from '../usecases/world.ts'
import { apiTls } from './api-tls.ts'
import { createAgentsApp, createApiApp } from './apps.ts'
import { watchEvidence } from './attestation.ts'
import { serveGateway, serveHandles, serverTls } from './calls.ts'
import { openCatalog } from './catalog.ts'
import { serveCdp } from './cdp.ts'
import { openConsole } from './console.ts'
import { ledgerProblem } from './detached.ts'
import { keepFresh } from './peers.ts'
import {
  type Addresses,
  createEndings,
  type Endings,
  endingTermsOf,
  every,
  RENEW_EVERY_MS,
  readProxies,
  readRoutes,
  serveAdmin,
  urlOf,
} from './process.ts'
import { type OpenWorld, openWorld } from './world.ts'

const SWEEP_EVERY_MS = 60_000

export { acceptStoreRollback, migrateStore } from './world.ts'

/** Which listeners a process opens: the authority's two, or the gateway's one. */
export type Role = 'authority' | 'gateway'

/**
 * A process that serves. Addresses are URLs; absent when this process does not have the listener.
 */
export interface Serving extends Addresses {
  /** Whether the console lies where it is served from; it has to be built in a checkout. */
  readonly consoleBuilt?: boolean
  /** Where the first owner's token lies; it is never printed by this module. */
  readonly ownerTokenFile: string
  /** Certificate authority agents have to trust, PEM. */
  readonly rootPem: string
  /**
   * Gives notice, takes no more work, lets running calls end, signs a last checkpoint, closes the
   * store.
   */
  close(): Promise<void>
}

/** Serves until `close`. */
export async function serve(
  config: Config,
  roles: readonly Role[] = ['authority', 'gateway'],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Serving> {
  await openTracing()
  const routes = readRoutes(config['gateway.routes'])
  const problem = ledgerProblem({ ...config, authority: [] }, routes)
  if (problem !== undefined) throw new Error(problem)
  const isAuthority = roles.includes('authority')
  const opened = await openWorld(config, env, {
    verifyAtStart: isAuthority && config['audit.verify_at_start'],
    catalog: openCatalog(config, routes),
  })
  const health = healthOf(opened.world)
  const endings = createEndings()
  endings.push(opened.close)
  endings.onDrain(() => health.drain())
  try {
    const { log, metrics } = opened
    const { ids } = opened.world
    const addresses = {
      ...(await serveAdmin(config, { ids, log, metrics, health }, endings)),
      ...(isAuthority ? await serveAuthority(config, opened, health, endings) : {}),
      ...(roles.includes('gateway') ? await serveGateway(config, opened, routes, endings) : {}),
      ...(roles.includes('gateway') ? await serveHandles(config, opened, routes, endings) : {}),
    }
    const { ownerTokenFile, world } = opened
    world.catalog.announce(addresses)
    const close = () => endings.run(endingTermsOf(config))
    return { ...addresses, ownerTokenFile, rootPem: world.ca.rootPem, close }
  } catch (fault) {
    await endings.run()
    throw fault
  }
}

/** Where to write for somebody who has found a weakness. */
function securityOf(config: Config): SecurityContact {
  return { contact: config.security_contact, policy: config.security_policy }
}

async function serveAuthority(
  config: Config,
  opened: OpenWorld,
  health: Health,
  endings: Endings,
): Promise<{ api: string; agents: string; consoleBuilt: boolean }> {
  const { world, log, metrics } = opened
  const limits = {
    callerRequestsPerMinute: config['limits.caller_requests_per_minute'],
    bodyBytesMax: config['limits.body_bytes_max'],
    decisionDeadlineMs: config['limits.decision_deadline_ms'],
  }
  let agentsPort = config['listeners.agents'].port
  const agentsUrl = () => agentsUrlOf(config, agentsPort)
  const parts = { world, log, metrics, health, hosts: config.server_names, limits, agentsUrl }
  const watcher = await watchTrail(config, opened, endings)
  countForNumbers(opened, watcher, endings)
  const consoleFiles = openConsole()
  const api = await serveApi(
    config,
    world,
    endings,
    createApiApp({ ...parts, console: consoleFiles, security: securityOf(config) }),
  )
  const tls = await serverTls(config, world)
  const proxies = readProxies(config['forward_auth.proxies'])
  const crp = { listShape: config['crp.list_shape'] }
  const agents = await listen(createAgentsApp({ ...parts, proxies, crp }), {
    ...config['listeners.agents'],
    tls,
  })
  agentsPort = agents.port
  endings.onDrain(agents.drain)
  endings.push(() => agents.close(endings.graceMs()))
  endings.push(() => world.feed.close())
  endings.push(async () => world.streams.close())
  keepFresh(endings, world.federation, async () =>
    agents.replaceCertificates(await serverTls(config, world)),
  )
  await serveCdp(config, opened, endings)
  tellOfAlerts(opened, endings)
  await watchEvidence(world, endings)
  every(SWEEP_EVERY_MS, endings, () => world.store.sweep())
  return {
    api,
    consoleBuilt: consoleFiles !== undefined,
    agents: urlOf('https', config['listeners.agents'], agents.port),
  }
}

/** The listener of people; over TLS it shows a new certificate long before the old one ends. */
async function serveApi(
  config: Config,
  world: World,
  endings: Endings,
  app: ReturnType<typeof createApiApp>,
): Promise<string> {
  const tls = await apiTls(config, world)
  const at = config['listeners.api']
  const api = await listen(app, tls === undefined ? at : { ...at, tls })
  endings.onDrain(api.drain)
  endings.push(() => api.close(endings.graceMs()))
  every(RENEW_EVERY_MS, endings, async () => {
    const fresh = await apiTls(config, world)
    if (fresh !== undefined) api.replaceCertificates(fresh)
  })
  return urlOf(tls === undefined ? 'http' : 'https', at, api.port)
}

function agentsUrlOf(config: Config, port: number): string {
  const { agents_url: told, server_names: names } = config
  return told === '' ? urlOf('https', { host: names[0] ?? 'localhost', port }, port) : told
}

/**
 * Follows the trail of all processes, when no other does. The first look is before anybody is
 * served: what came before it on a new store would never be judged.
 */
async function watchTrail(
  config: Config,
  { world, log, metrics }: OpenWorld,
  endings: Endings,
): Promise<Watcher> {
  const watcher = new Watcher({
    world,
    actions: {
      new_certificate: config['anomaly.new_certificate'],
      new_address: config['anomaly.new_address'],
      burst: config['anomaly.burst'],
      refusals: config['anomaly.refusals'],
      replay: config['anomaly.replay'],
      use_after_revoke: config['anomaly.use_after_revoke'],
      rate_exceeded: config['anomaly.rate_exceeded'],
      policy_quarantine: config['anomaly.policy_quarantine'],
    },
    lag: (seconds) => metrics.watchLag(seconds),
    failed: (fault) => log.fault('watch.failed', fault),
  })
  endings.push(() => watcher.close())
  await watcher.look()
  every(WATCH_LOOK_MS, endings, () => watcher.look())
  return watcher
}

/** Of all processes the one that watches also counts. */
function countForNumbers(
  { world, log, metrics }: OpenWorld,
  watcher: Watcher,
  endings: Endings,
): void {
  const census = new Census({
    store: world.store,
    told: { leases: metrics.liveLeases, waiting: metrics.waiting },
    counts: () => watcher.onDuty,
    failed: (fault) => log.fault('census.failed', fault),
  })
  endings.push(() => census.close())
  void census.look()
  every(CENSUS_LOOK_MS, endings, () => census.look())
}

/** Brings alerts to their receivers; several processes share the work. */
function tellOfAlerts({ world, log, metrics }: OpenWorld, endings: Endings): void {
  const courier = new Courier({
    world,
    raised: ({ id, kind, severity }) => {
      metrics.alert(kind, severity)
      log.info('alert.raised', { alert: id, kind, severity })
    },
    delivered: (result, webhook) => {
      metrics.webhookDelivery(result)
      if (result === 'given_up') log.warn('webhook.given_up', { webhook })
    },
    failed: (fault) => log.fault('webhook.failed', fault),
  })
  endings.push(() => courier.close())
  every(WEBHOOK_LOOK_MS, endings, () => courier.look())
}

function healthOf(world: World): Health {
  return createHealth({
    store: async () => {
      await world.store.read(async () => undefined)
      return { ok: true, detail: 'answers' }
    },
    keys: async () => {
      world.keys.active('token')
      return { ok: true, detail: 'in force' }
    },
    ...(world.policies === undefined ? {} : { policies: policyCheck(world.policies) }),
  })
}

/** A set that was refused is for the operator to mend; the one before it goes on deciding. */
function policyCheck(policies: NonNullable<World['policies']>) {
  return async () => {
    const refused = policies.problems().length > 0
    return {
      ok: true,
      detail: refused ? 'a changed set is refused, the old one decides' : 'in force',
    }
  }
}
