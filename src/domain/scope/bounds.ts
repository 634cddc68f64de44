import { tierAtLeast } from '../attestation.ts'
import type { Objection } from './argument-map.ts'
import { entryWidenings } from './http.ts'
import { delegateCovers } from './pattern.ts'
import type { Budget, Scope, ScopeLimits, ScopeRequest, ScopeRequires } from './types.ts'

/**
 * Where the members beside the grants are wider in a child than in its parent; pointers into the
 * child. A member that is absent inherits and is never wider.
 */
export function boundWidenings(child: ScopeRequest, parent: Scope): readonly Objection[] {
  const { limits = {}, requires = {}, delegation = {} } = child
  return [
    ...entryWidenings('/audiences', child.audiences, parent.audiences, (a, b) => a === b),
    ...limitWidenings(limits, parent.limits),
    ...requireWidenings(requires, parent.requires),
    ...(delegation.allowed === true && !parent.delegation.allowed
      ? [{ pointer: '/delegation/allowed', detail: 'the parent may not be delegated' }]
      : []),
    ...entryWidenings(
      '/delegation/delegates',
      delegation.delegates,
      parent.delegation.delegates,
      delegateCovers,
    ),
  ]
}

function limitWidenings(child: Partial<ScopeLimits>, parent: ScopeLimits): readonly Objection[] {
  const found: Objection[] = []
  for (const name of ['ttl_seconds', 'max_uses', 'max_depth', 'max_children'] as const) {
    const asked = child[name]
    const above = parent[name]
    if (asked === undefined || above === 'unlimited') continue
    if (asked === 'unlimited' || asked > above) {
      found.push({ pointer: `/limits/${name}`, detail: `the parent has at most ${above}` })
    }
  }
  if (child.budgets !== undefined) found.push(...budgetWidenings(child.budgets, parent.budgets))
  const { rate } = child
  if (rate !== undefined && parent.rate !== 'unlimited') {
    const { requests, per_seconds } = parent.rate
    if (rate === 'unlimited' || rate.per_seconds !== per_seconds || rate.requests > requests) {
      const detail = `the parent has at most ${requests} in ${per_seconds} seconds`
      found.push({ pointer: '/limits/rate', detail })
    }
  }
  return found
}

/** Every unit of the parent stays, at the same scale and no larger; units may be added. */
function budgetWidenings(child: readonly Budget[], parent: readonly Budget[]): Objection[] {
  return parent.flatMap(({ unit, decimals, amount }) => {
    const index = child.findIndex((budget) => budget.unit === unit)
    const asked = child[index]
    if (asked === undefined) {
      return [{ pointer: '/limits/budgets', detail: `drops the parent's budget of ${unit}` }]
    }
    const pointer = `/limits/budgets/${index}`
    if (asked.decimals !== decimals) {
      return [{ pointer, detail: `the parent counts ${unit} with ${decimals} decimals` }]
    }
    return asked.amount > amount ? [{ pointer, detail: `the parent has at most ${amount}` }] : []
  })
}

/** One-way switches: on or tighter is narrower, off or looser is wider. */
function requireWidenings(
  child: Partial<ScopeRequires>,
  parent: ScopeRequires,
): readonly Objection[] {
  const found: Objection[] = []
  for (const name of ['approval', 'dpop', 'bind_request', 'read_only'] as const) {
    if (parent[name] && child[name] === false) {
      found.push({ pointer: `/requires/${name}`, detail: 'is required by the parent' })
    }
  }
  const { attestation_min: tier, attestation_max_age_seconds: age } = child
  if (tier !== undefined && !tierAtLeast(tier, parent.attestation_min)) {
    const detail = `the parent asks for ${parent.attestation_min}`
    found.push({ pointer: '/requires/attestation_min', detail })
  }
  const ageAbove = parent.attestation_max_age_seconds
  if (age !== undefined && ageAbove !== 'any' && (age === 'any' || age > ageAbove)) {
    const detail = `the parent asks for at most ${ageAbove} seconds`
    found.push({ pointer: '/requires/attestation_max_age_seconds', detail })
  }
  return found
}
