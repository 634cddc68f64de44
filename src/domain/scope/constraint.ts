import { isArray, sameJson } from '../json.ts'
import type { ArgumentConstraint, Json } from './types.ts'

/** Whether a value satisfies a constraint (AAT §3.4, the `check` predicates). */
export function satisfies(constraint: ArgumentConstraint, value: Json): boolean {
  switch (constraint.constraint_type) {
    case 'exact':
      return sameJson(constraint.value, value)
    case 'range':
      return typeof value === 'number' && inRange(constraint, value)
    case 'one_of':
      return has(constraint.values, value)
    case 'not_one_of':
      return !has(constraint.excluded, value)
    case 'contains':
      return isArray(value) && hasAll(value, constraint.required)
    case 'subset':
      return isArray(value) && hasAll(constraint.allowed, value)
    case 'wildcard':
      return true
    case 'all':
      return constraint.constraints.every((clause) => satisfies(clause, value))
    case 'any':
      return constraint.constraints.some((clause) => satisfies(clause, value))
  }
}

/**
 * Whether `parent` subsumes `child` by the type table of AAT §4.5. Sound, and on purpose not
 * complete: a pair of types the table does not list is never subsumed, whatever the values. The
 * member `optional` is not compared here. At most |parent| × |child| comparisons of clauses.
 */
export function subsumes(parent: ArgumentConstraint, child: ArgumentConstraint): boolean {
  switch (parent.constraint_type) {
    case 'wildcard':
      return true
    case 'exact':
      return child.constraint_type === 'exact' && sameJson(parent.value, child.value)
    case 'range':
      if (child.constraint_type === 'range') return isTighter(parent, child)
      return child.constraint_type === 'exact' && satisfies(parent, child.value)
    case 'one_of':
      if (child.constraint_type === 'one_of') return hasAll(parent.values, child.values)
      return child.constraint_type === 'exact' && has(parent.values, child.value)
    case 'not_one_of':
      return child.constraint_type === 'not_one_of' && hasAll(child.excluded, parent.excluded)
    case 'contains':
      return child.constraint_type === 'contains' && hasAll(child.required, parent.required)
    case 'subset':
      return child.constraint_type === 'subset' && hasAll(parent.allowed, child.allowed)
    case 'all':
      if (child.constraint_type !== 'all') return false
      return parent.constraints.every((p) => child.constraints.some((c) => subsumes(p, c)))
    case 'any':
      if (child.constraint_type !== 'any') return false
      return child.constraints.every((c) => parent.constraints.some((p) => subsumes(p, c)))
  }
}

type Range = Extract<ArgumentConstraint, { readonly constraint_type: 'range' }>

/** Whether a number lies within the bounds, which belong to the range unless it says otherwise. */
export function inRange(range: Range, value: number): boolean {
  const { min, max } = range
  if (min !== undefined && (value < min || (value === min && range.min_inclusive === false))) {
    return false
  }
  return max === undefined || value < max || (value === max && range.max_inclusive !== false)
}

function isTighter(parent: Range, child: Range): boolean {
  if (parent.min !== undefined) {
    if (child.min === undefined || child.min < parent.min) return false
    const opened = parent.min_inclusive === false && child.min_inclusive !== false
    if (child.min === parent.min && opened) return false
  }
  if (parent.max === undefined) return true
  if (child.max === undefined || child.max > parent.max) return false
  const opened = parent.max_inclusive === false && child.max_inclusive !== false
  return child.max !== parent.max || !opened
}

function has(values: readonly Json[], value: Json): boolean {
  return values.some((candidate) => sameJson(candidate, value))
}

function hasAll(values: readonly Json[], wanted: readonly Json[]): boolean {
  return wanted.every((value) => has(values, value))
}
