import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { AuditPosition } from '../domain/audit.ts'
import { DEFAULT_TENANT } from '../domain/ids.ts'
import { accept } from '../domain/result.ts'
import type { Clock } from '../domain/time.ts'
import { createLog, type Log } from '../log.ts'
import { createMetrics, type Metrics } from '../metrics.ts'
import { systemResolve } from '../outbound/checked-lookup.ts'
import { createPost } from '../outbound/post.ts'
import { sharedResolve } from '../outbound/shared-resolve.ts'
import { openCertificateAuthority } from '../pki/ca.ts'
import type { Config } from '../settings/config.ts'
import { acceptRollback } from '../store/accept-rollback.ts'
import type { CheckpointPlace } from '../store/audit/checkpoints.ts'
import { StoreFault } from '../store/fault.ts'
import { openStore, openUnchecked, type StoreOptions } from '../store/open.ts'
import type { Store } from '../store/ports.ts'
import { systemClock, systemIds } from '../system.ts'
import { signCheckpoint, verifyCheckpoint } from '../token/checkpoint.ts'
import { type KeyRing, openKeyRing } from '../token/keyring.ts'
import { standForIssuers } from '../usecases/aat/stand-in.ts'
import { ActionDesk } from '../usecases/actions/action-desk.ts'
import { createWebhookSender, type WebhookSender } from '../usecases/alerts/webhook-sender.ts'
import { Catalog } from '../usecases/catalog/catalog.ts'
import { CdpGate } from '../usecases/cdp/cdp-gate.ts'
import { EventStreams } from '../usecases/event-streams.ts'
import { RevocationFeed } from '../usecases/feed/revocation-feed.ts'
import type { UpstreamNames } from '../usecases/leases/pin-hosts.ts'
import { ensureFirstOwner } from '../usecases/people/first-owner.ts'
import { StatusLists } from '../usecases/revocations/status-lists.ts'
import type { World } from '../usecases/world.ts'
import {
  fingerprintOf,
  type MasterKey,
  macKey,
  openMasterKey,
  openSecretFolder,
  readProvidedSecret,
  requireNoReplacement,
} from '../vault/envelope.ts'
import { openAat } from './aat.ts'
import { openAssertions } from './assertions.ts'
import { openAppraisal } from './attestation.ts'
import { openFederation } from './peers.ts'
import { openPolicies } from './policies.ts'
import { settingsInForce } from './settings-in-force.ts'
import { openVault } from './vault.ts'

/** The embedded store, in the data folder. */
export const STORE_FILE = 'writ.db'

/** What a process knows beside its configuration when it opens a world. */
export interface WorldStart extends Pick<StoreOptions, 'verifyAtStart'> {
  readonly catalog?: Catalog
}

/** A world with everything behind it open; also what tests and benchmarks stand on. */
export interface OpenWorld {
  readonly world: World
  readonly log: Log
  readonly metrics: Metrics
  readonly ownerTokenFile: string
  close(): Promise<void>
}

/**
 * Opens keys, certificate authority and store, making them on the first start together with a first
 * owner. A gateway beside the authority leaves verifying the audit trail to it. Throws a StoreFault
 * when the store may not serve (rolled back, audit trail broken), and plain sentences for what an
 * operator has to mend.
 */
export async function openWorld(
  config: Config,
  env: NodeJS.ProcessEnv = process.env,
  { catalog = new Catalog(), verifyAtStart }: WorldStart = {},
): Promise<OpenWorld> {
  const { issuer, keys_dir: keysDir } = config
  const log = createLog({ level: config['log.level'], format: config['log.format'] })
  const metrics = createMetrics({ process: true })
  const policies = await openPolicies(config, log, metrics)
  const keyed = await openKeys(config, env)
  const { ca, federation } = await openAuthority(config, keyed.master, log)
  const store = await openStore({
    ...storeOptions(config, keyed.keys),
    ...(verifyAtStart === undefined ? {} : { verifyAtStart }),
    budgetWarningPercent: config.budget_warning_percent,
    failed: (fault) => log.fault('store.failed', fault),
    observe: ({ seconds, records }) => metrics.storeCommit(seconds, records),
  })
  await requireMasterKey(store, config, keyed.master).catch(async (fault: unknown) => {
    await store.close()
    throw fault
  })
  const signing = { issuer, store, keys: keyed.keys }
  const failed = (fault: unknown) => log.fault('feed.failed', fault)
  const feed = new RevocationFeed({ ...signing, clock: systemClock, failed })
  const world: World = {
    ...signing,
    trustDomain: ca.trustDomain,
    federation,
    feed,
    catalog,
    ...offered(config),
    ...(config.status_list ? { statusLists: new StatusLists(signing) } : {}),
    actions: new ActionDesk(),
    streams: new EventStreams(),
    upstreamNames: namesOf(catalog),
    webhooks: openSender(keyed.master),
    ca,
    ids: systemIds,
    clock: systemClock,
    ...openTrust(config, log),
    ...openGate(config, keyed.master),
    vault: openVault(config, keyed.master, { store, log }),
    approvals: openApprovals(config),
    policies,
  }
  countRevocations(store, metrics)
  const ownerTokenFile = await prepareStore(world, keysDir).catch(async (fault: unknown) => {
    await store.close()
    throw fault
  })
  const close = async (): Promise<void> => {
    await policies?.close()
    await feed.close()
    world.streams.close()
    world.vault.close()
    await store.close()
  }
  return { world, log, metrics, ownerTokenFile, close }
}

/** Who gives out names: our own authority, and those of other trust domains for theirs. */
async function openAuthority(config: Config, master: MasterKey, log: Log) {
  const { trust_domain: trustDomain, keys_dir: keysDir } = config
  const now = systemClock.now()
  const ca = await openCertificateAuthority({ keysDir, master, trustDomain, now })
  return { ca, federation: openFederation(config, ca, log) }
}

/**
 * The key was opened before the store was, and may have been replaced in between. From here on its
 * replacing waits for this process to end.
 */
async function requireMasterKey(
  store: Store,
  { keys_dir: keysDir }: Config,
  master: MasterKey,
): Promise<void> {
  requireNoReplacement(keysDir)
  if (await store.sealed.hold(fingerprintOf(master))) return
  throw new Error(
    `What the store holds is sealed under another master key than that of ${keysDir}.`,
  )
}

/** What agents are offered beside what everybody is, and what people are told of all that. */
function offered(config: Config): Pick<World, 'leashTokens' | 'exposure' | 'settings'> {
  const settings = settingsInForce(config)
  return { leashTokens: config.leash_tokens, exposure: config['exposure.max'], settings }
}

/** What has to be there before anybody is served; answers where the first owner's token is. */
async function prepareStore(world: World, keysDir: string): Promise<string> {
  await standForIssuers(world)
  return ensureFirstOwner(world, keysDir)
}

function countRevocations(store: Store, metrics: Metrics): void {
  metrics.revocationStaleness(() => store.revocationStaleness())
  store.onRevocation((changes) => {
    const standing = changes.filter(({ effect }) => effect === 'revoked' || effect === 'suspended')
    metrics.revocations(standing.length)
  })
}

/** What CDP adds to a world; the gate's key is one of its own under the master key. */
function openGate(
  { 'delegation.strict': strictDelegation }: Config,
  master: MasterKey,
): Pick<World, 'cdp' | 'strictDelegation'> {
  return { strictDelegation, cdp: new CdpGate(macKey(master, 'cdp-gate')) }
}

function namesOf({ routes }: Catalog): UpstreamNames {
  const names = routes.flatMap(({ pinnedHost: host, resource }) =>
    host === undefined ? [] : [{ host, resource }],
  )
  return { names, resolve: sharedResolve(systemResolve) }
}

function openSender(master: MasterKey): WebhookSender {
  return createWebhookSender({ master, post: createPost(), clock: systemClock })
}

function openApprovals(config: Config): World['approvals'] {
  const { 'approvals.seconds': seconds, 'approvals.quorum': quorum } = config
  return { seconds, quorum }
}

/** How the store of a configuration is opened; the command that accepts a rollback needs it too. */
export function storeOptions(
  config: Config,
  keys: KeyRing,
): StoreOptions & { readonly checkpoints: CheckpointPlace } {
  const { keys_dir: keysDir, issuer } = config
  const checkpointer: CheckpointPlace['checkpointer'] = {
    sign: ({ at, heads, mark, previous }) =>
      signCheckpoint(keys.active('checkpoint'), {
        issuer,
        issuedAt: at,
        chains: heads,
        mark,
        previous,
      }),
    verify: async (jws) => {
      const verified = await verifyCheckpoint(jws, { keys: keys.archive, issuer })
      if (!verified.ok) return verified
      const { issuedAt, chains, mark, previous } = verified.value
      return accept({ at: issuedAt, heads: chains, mark, previous })
    },
  }
  return { ...databaseOf(config), checkpoints: { checkpointer, keysDir } }
}

/** The one database of a configuration; the clock of PostgreSQL is its own. */
function databaseOf(config: Config): { databaseUrl: string } | { path: string; clock: Clock } {
  const { data_dir: dataDir, database_url: url, database_url_file: file } = config
  const databaseUrl = file === '' ? url : readProvidedSecret(file).trim()
  if (databaseUrl !== '') return { databaseUrl }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  return { path: join(dataDir, STORE_FILE), clock: systemClock }
}

/** Brings the tables of the configured database to the newest schema; keys are not touched. */
export async function migrateStore(config: Config): Promise<void> {
  const store = await openUnchecked({ ...databaseOf(config), migrate: true })
  await store.abandon()
}

/** Opens the key ring of a configuration. */
export async function openKeys(config: Config, env: NodeJS.ProcessEnv) {
  openSecretFolder(config.keys_dir)
  const master = await openMasterKey(config.keys_dir, env)
  const { keys_dir: keysDir, token_alg: alg } = config
  const keys = await openKeyRing({ keysDir, master, clock: systemClock, alg })
  return { master, keys }
}

/**
 * Lets a store that is older than its last checkpoint serve again. Every token key in force is
 * retired first, so that every token of the lost part is void; then the decision is recorded.
 * Answers where the record stands, or undefined when there is nothing to accept.
 */
export async function acceptStoreRollback(
  config: Config,
  env: NodeJS.ProcessEnv = process.env,
): Promise<AuditPosition | undefined> {
  const { keys, master } = await openKeys(config, env)
  const options = storeOptions(config, keys)
  if (!(await isRolledBack(options))) return undefined
  for (const { kid, purpose, state } of keys.list()) {
    const verifies = state === 'active' || state === 'retiring'
    if (purpose === 'token' && verifies) await keys.retire(kid)
  }
  const request = systemIds.request()
  const by = { tenant: DEFAULT_TENANT, actor: 'authority', request } as const
  return acceptRollback(options, by, fingerprintOf(master))
}

async function isRolledBack(options: StoreOptions): Promise<boolean> {
  try {
    const store = await openStore(options)
    await store.close()
    return false
  } catch (fault) {
    if (fault instanceof StoreFault && fault.code === 'rolled_back') return true
    throw fault
  }
}

/** Whose evidence, chains and assertions count. */
function openTrust(config: Config, log: Log) {
  return { ...openAppraisal(config, log), ...openAat(config), ...openAssertions(config, log) }
}
