import type { Agent } from '../../src/domain/agent.ts'
import type { AttestationResult } from '../../src/domain/attestation.ts'
import {
  type AgentUri,
  type CertificateThumbprint,
  DEFAULT_TENANT,
  type KeyThumbprint,
  type LeaseId,
  type PrincipalId,
} from '../../src/domain/ids.ts'
import { NO_LABELS } from '../../src/domain/labels.ts'
import type { Lease } from '../../src/domain/lease.ts'
import type { RefusalCode } from '../../src/domain/refusal.ts'
import type { Result } from '../../src/domain/result.ts'
import type {
  Scope,
  ScopeDelegation,
  ScopeLimits,
  ScopeRequires,
} from '../../src/domain/scope/types.ts'
import { OPEN_TERMS } from '../../src/domain/terms.ts'
import { type EpochSeconds, epochSeconds } from '../../src/domain/time.ts'

/** The moment at which the samples live. */
export const NOW = epochSeconds(1_800_000_000)

/** A moment some seconds after (or before) `NOW`. */
export function at(seconds: number): EpochSeconds {
  return epochSeconds(NOW + seconds)
}

export const PLANNER = 'spiffe://acme.example/agent/planner' as AgentUri
export const WORKER = 'spiffe://acme.example/agent/worker' as AgentUri
export const HELPER = 'spiffe://acme.example/agent/helper' as AgentUri
export const ALICE = 'user:alice' as PrincipalId
export const CERTIFICATE = 'a'.repeat(42).concat('A') as CertificateThumbprint
export const KEY = 'k'.repeat(42).concat('A') as KeyThumbprint

/** The id of the lease at a depth of the sample lineage. */
export function leaseId(depth: number): LeaseId {
  const digits = String(depth).padStart(2, '0')
  return `lease_${'x'.repeat(19)}${digits}A` as LeaseId
}

/** An attestation result of tier `warning`, appraised at `NOW`. */
export function attestation(changed: Partial<AttestationResult> = {}): AttestationResult {
  return {
    tier: 'warning',
    method: 'mtls',
    verifier: 'https://authority.example',
    evidenceHash: `sha-256:${CERTIFICATE}`,
    at: NOW,
    ...changed,
  }
}

/** A wide, fully explicit scope with the named members changed. */
export function scope(
  changed: Partial<Pick<Scope, 'grants' | 'audiences'>> & {
    readonly limits?: Partial<ScopeLimits>
    readonly requires?: Partial<ScopeRequires>
    readonly delegation?: Partial<ScopeDelegation>
  } = {},
): Scope {
  return {
    type: 'urn:writ:scope:v1',
    grants: changed.grants ?? [
      {
        type: 'http',
        schemes: ['https'],
        hosts: ['api.example.com'],
        ports: [443],
        methods: ['GET', 'POST'],
        paths: ['/repos/**'],
        query: 'any',
        body: 'any',
        private_net: false,
        encoded_slash: false,
      },
    ],
    audiences: changed.audiences ?? ['https://gateway.example:9443/api'],
    limits: {
      ttl_seconds: 3_600,
      max_uses: 100,
      max_depth: 3,
      max_children: 10,
      budgets: [],
      rate: 'unlimited',
      ...changed.limits,
    },
    requires: {
      approval: false,
      attestation_min: 'none',
      attestation_max_age_seconds: 'any',
      dpop: false,
      bind_request: false,
      read_only: false,
      ...changed.requires,
    },
    delegation: {
      allowed: true,
      delegates: ['spiffe://acme.example/**'],
      ...changed.delegation,
    },
  }
}

/** A live lease at a depth, 600 s before its end. */
export function lease(depth = 0, changed: Partial<Lease> = {}): Lease {
  const depths = Array.from({ length: depth + 1 }, (_, index) => index)
  return {
    id: leaseId(depth),
    tenant: DEFAULT_TENANT,
    parentId: depth === 0 ? null : leaseId(depth - 1),
    lineage: depths.map(leaseId),
    holders: depths.map((index) => [PLANNER, WORKER, HELPER][index % 3] ?? PLANNER),
    subject: ALICE,
    labels: NO_LABELS,
    scope: scope(),
    contractVersion: 1,
    attestation: attestation(),
    openedAt: NOW,
    expiresAt: at(600),
    renewals: 0,
    grantedSeconds: 600,
    releasedAt: null,
    usesSpent: 0,
    ...changed,
  }
}

/** A lineage of live leases, root first, with one of them changed. */
export function lineage(length: number, depth?: number, changed: Partial<Lease> = {}): Lease[] {
  return Array.from({ length }, (_, index) => lease(index, index === depth ? changed : {}))
}

/** An enrolled agent with a wide contract. */
export function agent(changed: Partial<Agent> = {}): Agent {
  return {
    tenant: DEFAULT_TENANT,
    uri: WORKER,
    role: 'agent',
    owner: ALICE,
    contract: scope(),
    terms: OPEN_TERMS,
    contractVersion: 1,
    certificate: CERTIFICATE,
    attestation: attestation(),
    serverNames: [],
    enrolledAt: NOW,
    ...changed,
  }
}

/** The code of a refusal, or `ok`: what most tables compare. */
export function outcome(result: Result<unknown>): RefusalCode | 'ok' {
  return result.ok ? 'ok' : result.refusal.code
}
