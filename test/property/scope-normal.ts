import { canonicalJson } from '../../src/domain/json.ts'
import { argumentWidenings } from '../../src/domain/scope/argument-map.ts'
import { subsumes } from '../../src/domain/scope/constraint.ts'
import { hostCovers } from '../../src/domain/scope/host.ts'
import { httpWidenings } from '../../src/domain/scope/http.ts'
import { pathCovers } from '../../src/domain/scope/path.ts'
import { delegateCovers } from '../../src/domain/scope/pattern.ts'
import { toolWidenings } from '../../src/domain/scope/tool.ts'
import type {
  ArgumentConstraint,
  ArgumentMap,
  Grant,
  Json,
  Scope,
} from '../../src/domain/scope/types.ts'

/** One text for all scopes that are within each other: sorted, and without what others cover. */
export function normalText(scope: Scope): string {
  const grants = reduced(scope.grants, isGrantWithin).map(normalGrant)
  const { delegates } = scope.delegation
  const normal = {
    ...scope,
    grants: sorted(grants),
    audiences: sorted(scope.audiences),
    limits: { ...scope.limits, budgets: sorted(scope.limits.budgets) },
    delegation: {
      ...scope.delegation,
      delegates: sorted(reduced(delegates, covered(delegateCovers))),
    },
  }
  return canonicalJson(normal as unknown as Json)
}

function isGrantWithin(inner: Grant, outer: Grant): boolean {
  if (inner.type === 'http') return outer.type === 'http' && !httpWidenings(inner, outer).length
  return outer.type === 'tool' && !toolWidenings(inner, outer).length
}

function normalGrant(grant: Grant): Grant {
  if (grant.type === 'tool') return { ...grant, arguments: normalMap(grant.arguments) }
  const { query, body } = grant
  return {
    ...grant,
    schemes: sorted(grant.schemes),
    hosts: sorted(reduced(grant.hosts, covered(hostCovers))),
    ports: sorted(grant.ports),
    methods: sorted(grant.methods),
    paths: sorted(reduced(grant.paths, covered(pathCovers))),
    query: typeof query === 'string' ? query : normalMap(query),
    body:
      typeof body === 'string'
        ? body
        : {
            ...body,
            ...(body.media_types && { media_types: sorted(body.media_types) }),
            ...(body.forbidden_fields && { forbidden_fields: sorted(body.forbidden_fields) }),
            ...(body.fields && { fields: normalMap(body.fields) }),
          },
  }
}

function normalMap(map: ArgumentMap): ArgumentMap {
  expectWithinItself(map)
  return Object.fromEntries(
    Object.entries(map).map(([name, constraint]) => [name, normalConstraint(constraint)]),
  )
}

function expectWithinItself(map: ArgumentMap): void {
  if (argumentWidenings(map, map).length > 0) throw new Error('not reflexive')
}

function normalConstraint(constraint: ArgumentConstraint): ArgumentConstraint {
  switch (constraint.constraint_type) {
    case 'one_of':
      return { ...constraint, values: sorted(constraint.values) }
    case 'not_one_of':
      return { ...constraint, excluded: sorted(constraint.excluded) }
    case 'contains':
      return { ...constraint, required: sorted(constraint.required) }
    case 'subset':
      return { ...constraint, allowed: sorted(constraint.allowed) }
    case 'range': {
      const { max_inclusive, ...rest } = constraint
      return max_inclusive === false ? constraint : rest
    }
    case 'all': {
      const kept = reduced(constraint.constraints, (inner, outer) => subsumes(inner, outer))
      return { ...constraint, constraints: sorted(kept.map(normalConstraint)) }
    }
    case 'any': {
      const kept = reduced(constraint.constraints, (inner, outer) => subsumes(outer, inner))
      return { ...constraint, constraints: sorted(kept.map(normalConstraint)) }
    }
    default:
      return constraint
  }
}

function covered<T>(covers: (outer: T, inner: T) => boolean): (inner: T, outer: T) => boolean {
  return (inner, outer) => covers(outer, inner)
}

/** Without every entry another one makes needless; of two equal ones the first stays. */
function reduced<T>(
  entries: readonly T[],
  needless: (inner: T, outer: T) => boolean,
): readonly T[] {
  return entries.filter(
    (entry, index) =>
      !entries.some(
        (other, at) =>
          at !== index && needless(entry, other) && (at < index || !needless(other, entry)),
      ),
  )
}

function sorted<T>(entries: readonly T[]): readonly T[] {
  const text = (entry: T) => canonicalJson(entry as unknown as Json)
  return [...entries].sort((a, b) => (text(a) < text(b) ? -1 : 1))
}
