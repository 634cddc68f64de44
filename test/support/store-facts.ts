import { createHash, randomBytes } from 'node:crypto'
import type { Agent } from '../../src/domain/agent.ts'
import type { AuditEntry } from '../../src/domain/audit.ts'
import {
  type AgentUri,
  type CertificateThumbprint,
  DEFAULT_TENANT,
  type Jti,
  type KeyThumbprint,
  type LeaseId,
  type PrincipalId,
  type RequestId,
  type TenantId,
} from '../../src/domain/ids.ts'
import { NO_LABELS } from '../../src/domain/labels.ts'
import { holderOf, type Lease } from '../../src/domain/lease.ts'
import type { Spend } from '../../src/domain/redemption.ts'
import { accept, type Result } from '../../src/domain/result.ts'
import type { Revocation, RevocationSubject } from '../../src/domain/revocation.ts'
import type { Budget, Scope } from '../../src/domain/scope/types.ts'
import { OPEN_TERMS } from '../../src/domain/terms.ts'
import { type Clock, type EpochSeconds, epochSeconds } from '../../src/domain/time.ts'
import type { Decided, Decision, Store, Transaction } from '../../src/store/ports.ts'

/** When every store test begins. */
export const T0 = epochSeconds(1_800_000_000)

/** A clock that a test moves, also backwards. */
export interface TestClock extends Clock {
  at: EpochSeconds
}

/** A clock that stands at T0 until it is moved. */
export function testClock(at: EpochSeconds = T0): TestClock {
  const clock = { at, now: () => clock.at }
  return clock
}

function random(bytes: number): string {
  return randomBytes(bytes).toString('base64url')
}

export const newLeaseId = (): LeaseId => `lease_${random(16)}` as LeaseId
export const newJti = (): Jti => random(16) as Jti
const newRequestId = (): RequestId => `req_${random(16)}` as RequestId

/** A thumbprint that belongs to a name. */
export function thumbprint(name: string): CertificateThumbprint {
  return createHash('sha256').update(name).digest('base64url') as CertificateThumbprint
}

export const SIGNING_KEY = thumbprint('signing key') as string as KeyThumbprint
export const OWNER = 'owner@acme.example' as PrincipalId

/** An agent's name in the test trust domain. */
export function agentUri(name: string): AgentUri {
  return `spiffe://acme.example/agent/${name}` as AgentUri
}

/** A small scope; only its limits matter to the store. */
export function testScope(
  maxUses: number | 'unlimited' = 'unlimited',
  budgets: readonly Budget[] = [],
): Scope {
  return {
    type: 'urn:writ:scope:v1',
    grants: [
      {
        type: 'http',
        schemes: ['https'],
        hosts: ['api.example.com'],
        ports: [443],
        methods: ['GET'],
        paths: ['/repos/**'],
        query: 'any',
        body: 'any',
        private_net: false,
        encoded_slash: false,
      },
    ],
    audiences: ['https://gateway.example:9443/github'],
    limits: {
      ttl_seconds: 600,
      max_uses: maxUses,
      max_depth: 16,
      max_children: 10,
      budgets,
      rate: 'unlimited',
    },
    requires: {
      approval: false,
      attestation_min: 'none',
      attestation_max_age_seconds: 'any',
      dpop: false,
      bind_request: false,
      read_only: false,
    },
    delegation: { allowed: true, delegates: [] },
  }
}

/** An enrolled agent. */
export function testAgent(name: string, change: Partial<Agent> = {}): Agent {
  return {
    tenant: DEFAULT_TENANT,
    uri: agentUri(name),
    role: 'agent',
    owner: OWNER,
    contract: testScope(),
    terms: OPEN_TERMS,
    contractVersion: 1,
    certificate: thumbprint(name),
    attestation: {
      tier: 'none',
      method: 'none',
      verifier: 'writ',
      evidenceHash: 'sha-256:none',
      at: T0,
    },
    serverNames: [],
    enrolledAt: T0,
    ...change,
  }
}

/** A lease of `holder`, under `parent` or as a root. */
export function testLease(
  holder: string,
  change: Partial<Lease> & {
    readonly parent?: Lease
    readonly maxUses?: number
    readonly budgets?: readonly Budget[]
  } = {},
): Lease {
  const { parent, maxUses, budgets, ...rest } = change
  const id = rest.id ?? newLeaseId()
  return {
    id,
    tenant: parent?.tenant ?? DEFAULT_TENANT,
    parentId: parent?.id ?? null,
    lineage: [...(parent?.lineage ?? []), id],
    holders: [...(parent?.holders ?? []), agentUri(holder)],
    subject: parent?.subject ?? OWNER,
    labels: parent?.labels ?? NO_LABELS,
    scope: testScope(maxUses ?? 'unlimited', budgets),
    contractVersion: 1,
    attestation: testAgent(holder).attestation,
    openedAt: T0,
    expiresAt: epochSeconds(T0 + 600),
    renewals: 0,
    grantedSeconds: 600,
    releasedAt: null,
    usesSpent: 0,
    ...rest,
  }
}

/** A call token of the lease, about to be spent by its holder. */
export function testSpend(lease: Lease, change: Partial<Spend> = {}): Spend {
  const agent = holderOf(lease)
  return {
    tenant: lease.tenant,
    jti: newJti(),
    expiresAt: epochSeconds(T0 + 60),
    lineage: lease.lineage,
    certificate: thumbprint(agent),
    signingKey: SIGNING_KEY,
    agent,
    request: newRequestId(),
    facts: { audience: 'https://gateway.example:9443/github', method: 'GET' },
    ...change,
  }
}

/** The audit entry of a test's decision. */
export function testEntry(change: Partial<AuditEntry> = {}): AuditEntry {
  return {
    event: 'lease.opened',
    outcome: 'allowed',
    tenant: DEFAULT_TENANT,
    actor: 'owner:test',
    request: newRequestId(),
    lease: null,
    facts: {},
    ...change,
  }
}

/** Decides with the record that the result asks for. */
export function decide<T>(
  store: Store,
  work: (transaction: Transaction) => Promise<Result<T>>,
  entry: Partial<AuditEntry> = {},
): Promise<Decided<T>> {
  return store.decide<T>(async (transaction): Promise<Decision<T>> => {
    const result = await work(transaction)
    const outcome = result.ok ? 'allowed' : result.refusal.code
    return { result, record: testEntry({ ...entry, outcome }) }
  })
}

/** Enrolls agents and inserts leases, parents first, in one decision. */
export async function given(
  store: Store,
  facts: { readonly agents?: readonly Agent[]; readonly leases?: readonly Lease[] },
): Promise<void> {
  await decide(store, async (transaction) => {
    for (const agent of facts.agents ?? []) {
      const inserted = await transaction.insertAgent(agent)
      if (!inserted.ok) return inserted
    }
    for (const lease of facts.leases ?? []) await transaction.insertLease(lease)
    return accept(undefined)
  })
}

/** Records a revocation or suspension. */
export async function revoke(
  store: Store,
  subject: RevocationSubject,
  effect: Revocation['effect'] = 'revoked',
  tenant: TenantId = DEFAULT_TENANT,
): Promise<void> {
  await decide(
    store,
    async (transaction) => {
      const at = transaction.now
      await transaction.recordRevocation(tenant, { subject, effect, reason: 'test', at })
      return accept(undefined)
    },
    { event: 'revocation.recorded' },
  )
}

/** `spent`, `contractsMoved`, or the code of the refusal. */
export async function redeemed(store: Store, spend: Spend): Promise<string> {
  const outcome = await store.redeem(spend)
  return outcome.kind === 'refused' ? outcome.refusal.code : outcome.kind
}
