import { mapProves } from './prove-arguments.ts'
import {
  type Automaton,
  delegateAutomaton,
  hostAutomaton,
  isIncluded,
  pathAutomaton,
} from './prove-language.ts'
import type { BodyRule, Grant, HttpGrant, Scope, ScopeLimits, ScopeRequires } from './types.ts'

/**
 * The second checker: whether a complete scope is within another (I4), decided another way than
 * subset.ts decides it and without any of its code. Patterns are automata, lists are sets of
 * canonical texts, limits are vectors of numbers that may only fall. The relation is the same: one
 * witness for each grant, the type table of AAT §4.5 for arguments.
 */
export function provesWithin(child: Scope, parent: Scope): boolean {
  return (
    child.grants.every((grant) => parent.grants.some((above) => grantProves(grant, above))) &&
    isSubset(child.audiences, parent.audiences) &&
    falls(limitsOf(child.limits), limitsOf(parent.limits)) &&
    budgetsProve(child.limits, parent.limits) &&
    rateProves(child.limits.rate, parent.limits.rate) &&
    falls(freedomsOf(child.requires), freedomsOf(parent.requires)) &&
    Number(child.delegation.allowed) <= Number(parent.delegation.allowed) &&
    patternsProve(child.delegation.delegates, parent.delegation.delegates, delegateAutomaton)
  )
}

function grantProves(child: Grant, parent: Grant): boolean {
  if (child.type === 'http' && parent.type === 'http') return httpProves(child, parent)
  if (child.type !== 'tool' || parent.type !== 'tool') return false
  const same = child.server === parent.server && child.tool === parent.tool
  return same && mapProves(child.arguments, parent.arguments)
}

function httpProves(child: HttpGrant, parent: HttpGrant): boolean {
  return (
    isSubset(child.schemes, parent.schemes) &&
    isSubset(child.ports, parent.ports) &&
    isSubset(child.methods, parent.methods) &&
    patternsProve(child.hosts, parent.hosts, hostAutomaton) &&
    patternsProve(child.paths, parent.paths, pathAutomaton) &&
    queryProves(child.query, parent.query) &&
    bodyProves(child.body, parent.body) &&
    falls([child.private_net, child.encoded_slash], [parent.private_net, parent.encoded_slash])
  )
}

function queryProves(child: HttpGrant['query'], parent: HttpGrant['query']): boolean {
  if (parent === 'any') return true
  if (parent === 'none' || child === 'any') return parent === child
  return mapProves(child === 'none' ? {} : child, parent)
}

function bodyProves(child: HttpGrant['body'], parent: HttpGrant['body']): boolean {
  if (parent === 'any') return true
  if (parent === 'none' || child === 'any') return parent === child
  if (child === 'none') return parent.fields === undefined || mapProves({}, parent.fields)
  return ruleProves(child, parent)
}

function ruleProves(child: BodyRule, parent: BodyRule): boolean {
  const size = (rule: BodyRule) => rule.max_bytes ?? Number.POSITIVE_INFINITY
  const types = parent.media_types
  const forbidden = parent.forbidden_fields ?? []
  const fields = parent.fields
  return (
    size(child) <= size(parent) &&
    (types === undefined ||
      (child.media_types !== undefined && isSubset(child.media_types, types))) &&
    isSubset(forbidden, child.forbidden_fields ?? []) &&
    (fields === undefined || (child.fields !== undefined && mapProves(child.fields, fields)))
  )
}

function patternsProve(
  child: readonly string[],
  parent: readonly string[],
  automatonOf: (pattern: string) => Automaton,
): boolean {
  const above = parent.map(automatonOf)
  return child.every((pattern) => {
    const inner = automatonOf(pattern)
    return above.some((outer) => isIncluded(inner, outer))
  })
}

/** Limits as numbers, the larger the wider. */
function limitsOf(limits: ScopeLimits): readonly number[] {
  const { ttl_seconds, max_uses, max_depth, max_children } = limits
  return [ttl_seconds, orInfinity(max_uses), max_depth, max_children]
}

/** Requirements as numbers, the larger the freer. */
function freedomsOf(requires: ScopeRequires): readonly number[] {
  const { approval, dpop, bind_request, read_only } = requires
  const tier = { none: 2, warning: 1, affirming: 0 }[requires.attestation_min]
  const age = orInfinity(requires.attestation_max_age_seconds)
  return [...[approval, dpop, bind_request, read_only].map((on) => (on ? 0 : 1)), tier, age]
}

function budgetsProve(child: ScopeLimits, parent: ScopeLimits): boolean {
  const asked = new Map(child.budgets.map((budget) => [budget.unit, budget]))
  return parent.budgets.every(({ unit, decimals, amount }) => {
    const budget = asked.get(unit)
    return budget !== undefined && budget.decimals === decimals && budget.amount <= amount
  })
}

function rateProves(child: ScopeLimits['rate'], parent: ScopeLimits['rate']): boolean {
  if (parent === 'unlimited') return true
  if (child === 'unlimited') return false
  return child.per_seconds === parent.per_seconds && child.requests <= parent.requests
}

function orInfinity(value: number | string): number {
  return typeof value === 'number' ? value : Number.POSITIVE_INFINITY
}

function falls(
  child: readonly (number | boolean)[],
  parent: readonly (number | boolean)[],
): boolean {
  return child.every((value, index) => Number(value) <= Number(parent[index]))
}

function isSubset<Entry>(child: readonly Entry[], parent: readonly Entry[]): boolean {
  const above = new Set(parent)
  return child.every((entry) => above.has(entry))
}
