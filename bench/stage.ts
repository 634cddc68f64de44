import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Admit } from '../src/admission/ports.ts'
import { type OpenWorld, openWorld } from '../src/compose/world.ts'
import type { Agent } from '../src/domain/agent.ts'
import {
  type AgentUri,
  type CertificateThumbprint,
  DEFAULT_TENANT,
  type LeaseId,
  type PrincipalId,
  parseAgentUri,
  parseCertificateThumbprint,
  parsePrincipalId,
} from '../src/domain/ids.ts'
import { NO_LABELS } from '../src/domain/labels.ts'
import type { Lease } from '../src/domain/lease.ts'
import type { Spend } from '../src/domain/redemption.ts'
import { accept } from '../src/domain/result.ts'
import { completeRoot } from '../src/domain/scope/complete.ts'
import { SCOPE_TYPE, type Scope } from '../src/domain/scope/types.ts'
import { OPEN_TERMS } from '../src/domain/terms.ts'
import { type EpochSeconds, later } from '../src/domain/time.ts'
import { type Config, readConfig, type SettingName } from '../src/settings/config.ts'
import type { Transaction } from '../src/store/ports.ts'
import { systemIds } from '../src/system.ts'
import { signToken } from '../src/token/sign.ts'
import type { AgentCaller, PersonCaller } from '../src/usecases/caller.ts'

/** The accountable principal of every bench agent and tree. */
const OWNER = principal('owner')
/** The resource every bench token is for. */
export const RESOURCE = 'https://gateway.bench/api'

/** A world on a fresh folder, and how to fill it. */
export interface Stage extends OpenWorld {
  readonly config: Config
  readonly owner: PersonCaller
  end(): Promise<void>
}

/** Opens a world in a temporary folder; the store is on disk with every commit durable. */
export async function openStage(
  flags: Readonly<Partial<Record<SettingName, string>>> = {},
): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-bench-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  const read = readConfig({
    flags: {
      data_dir: join(folder, 'data'),
      keys_dir: join(folder, 'keys'),
      'log.level': 'silent',
      ...flags,
    },
  })
  if (!read.ok) throw new Error(read.problem)
  const opened = await openWorld(read.config, {})
  const owner: PersonCaller = {
    kind: 'owner',
    name: 'owner',
    tenant: DEFAULT_TENANT,
    request: systemIds.request(),
  }
  return {
    ...opened,
    config: read.config,
    owner,
    async end() {
      await opened.close()
      process.off('exit', remove)
      remove()
    },
  }
}

/** A stage with one agent, its wide contract, and a lease of depth 1. */
export interface Workshop {
  readonly stage: Stage
  readonly caller: AgentCaller
  readonly scope: Scope
  readonly leaf: Lease
}

/** Opens a stage with one agent on it, for what needs no TLS. */
export async function openWorkshop(
  flags: Readonly<Partial<Record<SettingName, string>>> = {},
): Promise<Workshop> {
  const stage = await openStage(flags)
  const scope = benchScope({ host: 'api.bench', port: 443 })
  const caller = await insertAgent(stage, 'worker', scope, someCertificate())
  return { stage, caller, scope, leaf: await insertChain(stage, caller.uri, scope, 1) }
}

/** Admits one token of a workshop; throws when it is refused. */
export function admitOne(
  admit: Admit,
  { uri, certificate }: AgentCaller,
): (token: string) => Promise<void> {
  const request = { type: 'http', method: 'GET', target: 'https://api.bench/reports/7' } as const
  return async (token) => {
    const peer = { uri, certificate }
    const admission = await admit({ token, peer, request, requestId: systemIds.request() })
    if (!admission.ok) throw new Error(`refused: ${admission.refusal.code}`)
  }
}

/** What admission hands to the store for one fresh token. */
export function spendOf({ stage, caller, leaf }: Workshop): Spend {
  const { world } = stage
  return {
    tenant: DEFAULT_TENANT,
    jti: systemIds.jti(),
    expiresAt: later(world.clock.now(), 300),
    lineage: leaf.lineage,
    certificate: caller.certificate,
    signingKey: world.keys.active('token').kid,
    agent: caller.uri,
    request: systemIds.request(),
    facts: { audience: RESOURCE, method: 'GET', target: 'https://api.bench/reports/7' },
  }
}

/** A certificate nobody has; enough where no TLS is involved. */
export function someCertificate(): CertificateThumbprint {
  const thumbprint = parseCertificateThumbprint(randomBytes(32).toString('base64url'))
  if (thumbprint === undefined) throw new Error('32 bytes make a thumbprint')
  return thumbprint
}

/** What the bench agents hold: one wide http grant. */
export function benchScope(origin: { readonly host: string; readonly port: number }): Scope {
  return completeRoot({
    type: SCOPE_TYPE,
    grants: [
      {
        type: 'http',
        schemes: ['http', 'https'],
        hosts: [origin.host],
        ports: [origin.port],
        methods: ['GET'],
        paths: ['/**'],
        private_net: true,
      },
    ],
    audiences: [RESOURCE],
    limits: { ttl_seconds: 14_400, max_depth: 16, max_children: 1_000, max_uses: 'unlimited' },
    delegation: { allowed: true, delegates: ['spiffe://writ.local/agent/**'] },
  })
}

/** The name of an agent or an enforcement point in its certificate. */
export function uriOf(name: string, role: Agent['role']): string {
  return `spiffe://writ.local/${role === 'agent' ? 'agent' : 'gateway'}/${name}`
}

/** Inserts an agent as enrollment would, with the certificate given. */
export async function insertAgent(
  stage: Stage,
  name: string,
  scope: Scope,
  certificate: CertificateThumbprint,
  role: Agent['role'] = 'agent',
): Promise<AgentCaller> {
  const uri = parseAgentUri(uriOf(name, role))
  if (uri === undefined) throw new Error(`${name} makes no agent`)
  await write(stage, async (tx) => {
    await tx.insertAgent({
      tenant: DEFAULT_TENANT,
      uri,
      role,
      owner: OWNER,
      contract: scope,
      terms: OPEN_TERMS,
      contractVersion: 1,
      certificate,
      attestation: attestationAt(tx.now),
      serverNames: [],
      enrolledAt: tx.now,
    })
  })
  return { kind: 'agent', tenant: DEFAULT_TENANT, request: systemIds.request(), uri, certificate }
}

/** Inserts a chain of leases of the depth given; answers its leaf. */
export async function insertChain(
  stage: Stage,
  holder: AgentUri,
  scope: Scope,
  depth: number,
): Promise<Lease> {
  let leaf: Lease | undefined
  await write(stage, async (tx) => {
    for (let at = 0; at <= depth; at += 1) {
      leaf = leaseUnder(leaf, holder, scope, tx.now)
      await tx.insertLease(leaf)
    }
  })
  if (leaf === undefined) throw new Error('a chain has a leaf')
  return leaf
}

/** A lease as delegation would make it, under `parent` or as a root. */
export function leaseUnder(
  parent: Lease | undefined,
  holder: AgentUri,
  scope: Scope,
  now: EpochSeconds,
): Lease {
  const id: LeaseId = systemIds.lease()
  return {
    id,
    tenant: DEFAULT_TENANT,
    parentId: parent?.id ?? null,
    lineage: [...(parent?.lineage ?? []), id],
    holders: [...(parent?.holders ?? []), holder],
    subject: OWNER,
    labels: NO_LABELS,
    scope,
    contractVersion: 1,
    attestation: attestationAt(now),
    openedAt: now,
    expiresAt: later(now, 14_000),
    renewals: 0,
    grantedSeconds: 14_000,
    releasedAt: null,
    usesSpent: 0,
  }
}

/** Writes through a decision, as everything is written. */
export async function write(stage: Stage, work: (tx: Transaction) => Promise<void>): Promise<void> {
  await stage.world.store.decide<void>(async (tx) => {
    await work(tx)
    const { tenant, request } = stage.owner
    const record = { event: 'lease.opened', outcome: 'allowed', lease: null, facts: {} } as const
    return { result: accept(undefined), record: { ...record, tenant, request, actor: 'authority' } }
  })
}

/** Signs `count` call tokens from a lease. */
export async function signTokens(
  stage: Stage,
  lease: Lease,
  caller: AgentCaller,
  count: number,
): Promise<readonly string[]> {
  const { world } = stage
  const now = world.clock.now()
  const key = world.keys.active('token')
  const tokens: string[] = []
  for (let made = 0; made < count; made += 1) {
    const token = await signToken(key, {
      kind: 'call',
      issuer: world.issuer,
      audience: RESOURCE,
      subject: lease.subject,
      agent: caller.uri,
      actors: lease.holders.toReversed(),
      issuedAt: now,
      notBefore: now,
      expiresAt: later(now, 300),
      jti: systemIds.jti(),
      confirmation: { certificate: caller.certificate },
      scope: lease.scope,
      lease: { id: lease.id, lineage: lease.lineage },
      depth: lease.lineage.length - 1,
      maxDepth: lease.scope.limits.max_depth,
      attestation: attestationAt(now),
    })
    tokens.push(token)
  }
  return tokens
}

function principal(name: string): PrincipalId {
  const id = parsePrincipalId(name)
  if (id === undefined) throw new Error(`${name} is no principal`)
  return id
}

function attestationAt(now: EpochSeconds): Lease['attestation'] {
  const evidenceHash = `sha-256:${'A'.repeat(43)}`
  return { tier: 'warning', method: 'mtls', verifier: 'https://bench', evidenceHash, at: now }
}
