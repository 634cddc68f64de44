import {
  SCOPE_TYPE,
  type Scope,
  type ScopeLimits,
  type ScopeRequest,
  type ScopeRequires,
} from '../../../src/domain/scope/types.ts'
import { PER_SECONDS, REQUESTS } from '../model/rate-rules.ts'
import type { Ask, Terms } from '../model/terms.ts'
import { NAMES, uriOf } from './cast.ts'

const TIERS = ['none', 'warning', 'affirming'] as const
const HOST = 'api.example.com'
const RATE = { requests: REQUESTS, per_seconds: PER_SECONDS }

/** The request that a right covers. */
export function targetOf(right: string): string {
  return `https://${HOST}/${right}/x`
}

/** An ask in the words of the wire; what is absent stays absent. */
export function requestOf(ask: Ask): ScopeRequest {
  const { rights, audiences, delegates, delegable } = ask
  const paths = rights?.map((right) => `/${right}/**`)
  return {
    type: SCOPE_TYPE,
    grants: [{ type: 'http', ...given({ paths }) }],
    ...given({ audiences: audiences?.map((name) => name) }),
    limits: limitsOf(ask),
    requires: requiresOf(ask),
    delegation: given({ allowed: delegable, delegates: delegates?.map(uriOf) }),
  }
}

/** A contract: a request that also says what has no sensible default. */
export function contractOf(terms: Terms): ScopeRequest {
  const request = requestOf(terms)
  const grants = request.grants.map((grant) => ({ ...grant, type: 'http' as const, hosts: [HOST] }))
  return { ...request, grants }
}

function limitsOf(ask: Ask): Partial<ScopeLimits> {
  return given({
    ttl_seconds: ask.ttl,
    max_uses: ask.uses === Number.POSITIVE_INFINITY ? 'unlimited' : ask.uses,
    budgets: ask.budget === undefined ? undefined : budgetsOf(ask.budget),
    max_depth: ask.depth,
    max_children: ask.children,
    rate: ask.rated === undefined ? undefined : ask.rated ? RATE : 'unlimited',
  })
}

/** The one unit of a simulation. */
export function costOf(amount: number) {
  return { unit: 'USD', decimals: 2, amount }
}

function budgetsOf(budget: number) {
  return budget === Number.POSITIVE_INFINITY ? [] : [costOf(budget)]
}

function requiresOf(ask: Ask): Partial<ScopeRequires> {
  return given({
    attestation_min: ask.tier === undefined ? undefined : TIERS[ask.tier],
    attestation_max_age_seconds: ask.age === Number.POSITIVE_INFINITY ? 'any' : ask.age,
    bind_request: ask.pinned,
    approval: ask.approval,
  })
}

/** The members that are there. */
function given<T extends object>(members: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [Name in keyof T]?: Exclude<T[Name], undefined> }
}

/** A stored scope in the words of the model, its lists in order. */
export function termsOf(scope: Scope): Terms {
  const { limits, requires, delegation } = scope
  const paths = scope.grants.flatMap((grant) => (grant.type === 'http' ? grant.paths : []))
  const names = NAMES.filter((name) => delegation.delegates.includes(uriOf(name)))
  return sorted({
    rights: paths.map((path) => path.slice(1, -3)),
    audiences: scope.audiences,
    ttl: limits.ttl_seconds,
    uses: limits.max_uses === 'unlimited' ? Number.POSITIVE_INFINITY : limits.max_uses,
    budget: limits.budgets[0]?.amount ?? Number.POSITIVE_INFINITY,
    depth: limits.max_depth,
    children: limits.max_children,
    delegable: delegation.allowed,
    delegates: names,
    tier: TIERS.indexOf(requires.attestation_min),
    age:
      requires.attestation_max_age_seconds === 'any'
        ? Number.POSITIVE_INFINITY
        : requires.attestation_max_age_seconds,
    pinned: requires.bind_request,
    approval: requires.approval,
    rated: limits.rate !== 'unlimited',
  })
}

/** Terms with their lists in order, to be compared. */
export function sorted(terms: Terms): Terms {
  const { rights, audiences, delegates } = terms
  return {
    ...terms,
    rights: rights.toSorted(),
    audiences: audiences.toSorted(),
    delegates: delegates.toSorted(),
  }
}
