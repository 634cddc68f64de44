import type { Jti, LeaseId } from '../../domain/ids.ts'
import { completeRoot } from '../../domain/scope/complete.ts'
import { meet } from '../../domain/scope/meet.ts'
import { SCOPE_TYPE, type Scope, type ScopeRequest } from '../../domain/scope/types.ts'

/** Answers for both agents. */
export const OWNER = 'dana'
/** Opens the root lease. */
export const PLANNER = 'spiffe://acme.example/agent/planner'
/** Gets a part of it. */
export const WORKER = 'spiffe://acme.example/agent/worker'
/** The one resource they call. */
export const AUDIENCE = 'https://api.github.com/'
/** Stands for every hash. */
export const HASH = 'dGhpcnR5LXR3byBieXRlcyBvZiBhbiBleGFtcGxlISE'
/** The planner's lease; like every id here it is sixteen readable bytes. */
export const ROOT = leaseId('the planner has.')
/** The worker's lease, below it. */
export const CHILD = leaseId('the worker gets.')
/** The call token that is spent. */
export const CALL_JTI = idOf('one call of it..') as Jti

/** A moment of the day of the story. */
export function at(clock: string): string {
  return `2026-03-01T${clock}:00Z`
}

/** What the tree of leases is for, as the planner says when it opens it. */
export const LABELS = { project: 'site' } as const

/** The call the worker makes: it answers on an issue. */
export const CALL = {
  type: 'http',
  method: 'POST',
  target: 'https://api.github.com/repos/acme/site/issues/7/comments',
} as const
/** What the call costs at most: five cents. */
export const COST = [{ unit: 'USD', decimals: 2, amount: 5 }] as const
/** What it cost: three. */
export const SETTLED = [{ unit: 'USD', decimals: 2, amount: 3 }] as const

/** What the planner may have at most. */
export const CONTRACT = scopeOf('/repos/acme/**', {
  limits: { ttl_seconds: 3600, max_uses: 1000, max_depth: 3, max_children: 10, budgets: usd(2000) },
  delegation: { allowed: true, delegates: ['spiffe://acme.example/agent/**'] },
})

/** What it asks for: one repository, a hundred calls, five dollars. */
export const PLANNERS = scopeOf('/repos/acme/site/**', {
  limits: { ttl_seconds: 3600, max_uses: 100, max_depth: 2, budgets: usd(500) },
})

/** What it passes on: the issues, ten calls, one dollar, to nobody else. */
export const WORKERS = scopeOf('/repos/acme/site/issues/**', {
  limits: { ttl_seconds: 900, max_uses: 10, max_depth: 1, budgets: usd(100) },
  delegation: { allowed: false, delegates: [] },
})

/** The contract, with everything explicit. */
export const CONTRACT_SCOPE = completeRoot(CONTRACT, [AUDIENCE])
/** What the planner is granted, by the rules of the domain: within the contract (I4). */
export const ROOT_SCOPE = granted(PLANNERS, CONTRACT_SCOPE)
/** What the worker is granted: within that. */
export const CHILD_SCOPE = granted(WORKERS, ROOT_SCOPE)

function scopeOf(path: string, bounds: Omit<ScopeRequest, 'type' | 'grants'>): ScopeRequest {
  const grant = { hosts: ['api.github.com'], methods: ['GET', 'POST'], paths: [path] }
  return { type: SCOPE_TYPE, grants: [{ type: 'http', ...grant }], ...bounds }
}

function usd(cents: number) {
  return [{ unit: 'USD', decimals: 2, amount: cents }]
}

function granted(asked: ScopeRequest, ceiling: Scope): Scope {
  const met = meet(asked, ceiling)
  if (!met.ok) throw new Error(`The story asks for too much: ${met.refusal.code}`)
  return met.value
}

function leaseId(text: string): LeaseId {
  return `lease_${idOf(text)}` as LeaseId
}

function idOf(text: string): string {
  return Buffer.from(text).toString('base64url')
}
