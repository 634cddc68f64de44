import { tierAtLeast } from '../attestation.ts'
import { shared } from './intersect.ts'
import { delegateCovers } from './pattern.ts'
import type {
  Budget,
  Scope,
  ScopeDelegation,
  ScopeLimits,
  ScopeRequest,
  ScopeRequires,
} from './types.ts'

/** The members of a scope beside its grants. */
export type Bounds = Omit<Scope, 'type' | 'grants'>

/**
 * The bounds two scopes share, but for the members the request names, which stay as asked. A text
 * is the pointer to a member on which the two have nothing in common.
 */
export function intersectBounds(asked: ScopeRequest, a: Bounds, b: Bounds): Bounds | string {
  const audiences = asked.audiences ?? shared(a.audiences, b.audiences)
  if (audiences.length === 0 && a.audiences.length + b.audiences.length > 0) return '/audiences'
  const budgets = asked.limits?.budgets ?? sharedBudgets(a.limits.budgets, b.limits.budgets)
  if (budgets === undefined) return '/limits/budgets'
  const rate = asked.limits?.rate ?? slower(a.limits.rate, b.limits.rate)
  if (rate === undefined) return '/limits/rate'
  const limits: ScopeLimits = {
    ttl_seconds: Math.min(a.limits.ttl_seconds, b.limits.ttl_seconds),
    max_uses: least(a.limits.max_uses, b.limits.max_uses),
    max_depth: Math.min(a.limits.max_depth, b.limits.max_depth),
    max_children: Math.min(a.limits.max_children, b.limits.max_children),
    ...asked.limits,
    budgets,
    rate,
  }
  const requires = { ...stricter(a.requires, b.requires), ...asked.requires }
  const delegation: ScopeDelegation = {
    allowed: a.delegation.allowed && b.delegation.allowed,
    delegates: shared(a.delegation.delegates, b.delegation.delegates, delegateCovers),
    ...asked.delegation,
  }
  return { audiences, limits, requires, delegation }
}

function stricter(a: ScopeRequires, b: ScopeRequires): ScopeRequires {
  return {
    approval: a.approval || b.approval,
    attestation_min: tierAtLeast(a.attestation_min, b.attestation_min)
      ? a.attestation_min
      : b.attestation_min,
    attestation_max_age_seconds: least(
      a.attestation_max_age_seconds,
      b.attestation_max_age_seconds,
    ),
    dpop: a.dpop || b.dpop,
    bind_request: a.bind_request || b.bind_request,
    read_only: a.read_only || b.read_only,
  }
}

function least<Top extends string>(a: number | Top, b: number | Top): number | Top {
  if (typeof a !== 'number') return b
  return typeof b !== 'number' || a < b ? a : b
}

/** Every unit of both with the smaller amount; undefined when they count one unit differently. */
function sharedBudgets(a: readonly Budget[], b: readonly Budget[]): readonly Budget[] | undefined {
  const met = new Map(a.map((budget) => [budget.unit, budget]))
  for (const budget of b) {
    const other = met.get(budget.unit)
    if (other !== undefined && other.decimals !== budget.decimals) return undefined
    if (other === undefined || budget.amount < other.amount) met.set(budget.unit, budget)
  }
  return [...met.values()]
}

function slower(a: ScopeLimits['rate'], b: ScopeLimits['rate']): ScopeLimits['rate'] | undefined {
  if (a === 'unlimited' || b === 'unlimited') return a === 'unlimited' ? b : a
  if (a.per_seconds !== b.per_seconds) return undefined
  return a.requests <= b.requests ? a : b
}
