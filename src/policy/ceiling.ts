import {
  LEASE_CHILDREN_MAX,
  LEASE_CUMULATIVE_SECONDS_MAX,
  LEASE_DEPTH_MAX,
} from '../domain/limits.ts'
import { type Bounds, intersectBounds } from '../domain/scope/intersect-bounds.ts'
import { type Grant, SCOPE_TYPE, type Scope } from '../domain/scope/types.ts'
import type { Allowance } from './rule.ts'

/** Bounds that bound nothing: the names that stand above are the only ones there can be. */
function freeBounds(above: Pick<Scope, 'audiences' | 'delegation'>): Bounds {
  return {
    audiences: above.audiences,
    limits: {
      ttl_seconds: LEASE_CUMULATIVE_SECONDS_MAX,
      max_uses: 'unlimited',
      max_depth: LEASE_DEPTH_MAX,
      max_children: LEASE_CHILDREN_MAX,
      budgets: [],
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
    delegation: { allowed: true, delegates: above.delegation.delegates },
  }
}

/**
 * What a rule allows as a scope to hold others against, below what stands above. `contract` bounds
 * nothing of its own. T-07: a rule that is silent about delegation allows none.
 */
export function ceilingOf(
  allow: Allowance | 'contract',
  above: Pick<Scope, 'grants' | 'audiences' | 'delegation'>,
): Scope {
  const free = freeBounds(above)
  if (allow === 'contract') return { type: SCOPE_TYPE, grants: above.grants, ...free }
  const { grants, audiences = above.audiences, limits, requires, delegation } = allow
  const { allowed, max_depth = LEASE_DEPTH_MAX, delegates } = delegation
  return {
    type: SCOPE_TYPE,
    grants,
    audiences,
    limits: { ...free.limits, max_depth, ...limits },
    requires: { ...free.requires, ...requires },
    delegation: {
      allowed,
      delegates: allowed ? (delegates ?? above.delegation.delegates) : [],
    },
  }
}

/** The grants of all ceilings under the bounds of each; undefined when those exclude another. */
export function together(ceilings: readonly Scope[]): Scope | undefined {
  const [first, ...others] = ceilings
  if (first === undefined) return undefined
  let bounds: Bounds = first
  const grants: Grant[] = [...first.grants]
  for (const ceiling of others) {
    const met = intersectBounds({ type: SCOPE_TYPE, grants: [] }, bounds, ceiling)
    if (typeof met === 'string') return undefined
    bounds = met
    grants.push(...ceiling.grants)
  }
  const { audiences, limits, requires, delegation } = bounds
  return { type: SCOPE_TYPE, grants, audiences, limits, requires, delegation }
}
