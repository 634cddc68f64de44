import { canonicalJson } from '../json.ts'
import type { ArgumentConstraint, ArgumentMap, Json } from './types.ts'

/**
 * The second checker's view of argument maps: what each name may be, name by name, over sets of
 * canonical texts. Shares nothing with constraint.ts and argument-map.ts.
 */
export function mapProves(child: ArgumentMap, parent: ArgumentMap): boolean {
  const named = new Set([...Object.keys(child), ...Object.keys(parent)])
  named.delete('*')
  // The one name neither has stands for all the others.
  const names: readonly (string | undefined)[] = [...named, undefined]
  return names.every((name) => standingProves(standing(child, name), standing(parent, name)))
}

/** What a map says of one name. */
interface Standing {
  readonly named: boolean
  readonly mayBeAbsent: boolean
  /** Undefined when the name may not be present. */
  readonly constraint: ArgumentConstraint | undefined
}

const FORBIDDEN: Standing = { named: false, mayBeAbsent: true, constraint: undefined }

function standing(map: ArgumentMap, name: string | undefined): Standing {
  const members = new Map(Object.entries(map))
  const constraint = name === undefined ? undefined : members.get(name)
  if (constraint !== undefined) {
    return { named: true, mayBeAbsent: constraint.optional === true, constraint }
  }
  const unnamed = members.get('*')
  return unnamed === undefined
    ? FORBIDDEN
    : { named: false, mayBeAbsent: true, constraint: unnamed }
}

function standingProves(child: Standing, parent: Standing): boolean {
  if (child.mayBeAbsent && !parent.mayBeAbsent) return false
  if (child.constraint === undefined) return true
  // AAT §4.5: a name of the parent does not come back under the child's `*`, not even a free one.
  if (parent.constraint === undefined || (parent.named && !child.named)) return false
  return constraintProves(child.constraint, parent.constraint)
}

/** The constraint as sets, an interval, or clauses; whichever its type has. */
interface Meaning {
  readonly type: ArgumentConstraint['constraint_type']
  readonly values: ReadonlySet<string>
  readonly low: Bound
  readonly high: Bound
  readonly clauses: readonly ArgumentConstraint[]
}

/** An end of an interval, larger when it admits less; `open` leaves the value itself out. */
interface Bound {
  readonly value: number
  readonly open: boolean
}

/** By `parent>child`: every pair of types the table of AAT §4.5 lists, but for a wildcard above. */
const PAIRS: ReadonlyMap<string, (parent: Meaning, child: Meaning) => boolean> = new Map([
  ['exact>exact', (parent, child) => contains(parent.values, child.values)],
  ['one_of>exact', (parent, child) => contains(parent.values, child.values)],
  ['one_of>one_of', (parent, child) => contains(parent.values, child.values)],
  ['subset>subset', (parent, child) => contains(parent.values, child.values)],
  ['not_one_of>not_one_of', (parent, child) => contains(child.values, parent.values)],
  ['contains>contains', (parent, child) => contains(child.values, parent.values)],
  ['range>range', (parent, child) => lies(child.low, parent.low) && lies(child.high, parent.high)],
  ['range>exact', (parent, child) => lies(child.low, parent.low) && lies(child.high, parent.high)],
  [
    'all>all',
    ({ clauses }, child) => clauses.every((p) => child.clauses.some((c) => constraintProves(c, p))),
  ],
  [
    'any>any',
    (parent, { clauses }) =>
      clauses.every((c) => parent.clauses.some((p) => constraintProves(c, p))),
  ],
])

function constraintProves(child: ArgumentConstraint, parent: ArgumentConstraint): boolean {
  if (parent.constraint_type === 'wildcard') return true
  const rule = PAIRS.get(`${parent.constraint_type}>${child.constraint_type}`)
  return rule?.(meaningOf(parent), meaningOf(child)) === true
}

function meaningOf(constraint: ArgumentConstraint): Meaning {
  const type = constraint.constraint_type
  const nothing = { type, values: new Set<string>(), low: NEVER, high: NEVER, clauses: [] }
  switch (constraint.constraint_type) {
    case 'exact': {
      const { value } = constraint
      const number = typeof value === 'number' ? value : Number.NaN
      const low = { value: number, open: false }
      return { ...nothing, values: textsOf([value]), low, high: { value: -number, open: false } }
    }
    case 'range': {
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = constraint
      const low = { value: min, open: constraint.min_inclusive === false }
      const high = { value: -max, open: constraint.max_inclusive === false }
      return { ...nothing, low, high }
    }
    case 'one_of':
      return { ...nothing, values: textsOf(constraint.values) }
    case 'not_one_of':
      return { ...nothing, values: textsOf(constraint.excluded) }
    case 'contains':
      return { ...nothing, values: textsOf(constraint.required) }
    case 'subset':
      return { ...nothing, values: textsOf(constraint.allowed) }
    case 'wildcard':
      return nothing
    case 'all':
    case 'any':
      return { ...nothing, clauses: constraint.constraints }
  }
}

/** Compares with nothing: what is not a number lies in no interval. */
const NEVER: Bound = { value: Number.NaN, open: true }

/** Whether an end admits no more than another; both ends count upwards as they admit less. */
function lies(inner: Bound, outer: Bound): boolean {
  if (inner.value === outer.value) return inner.open || !outer.open
  return inner.value > outer.value
}

function contains(outer: ReadonlySet<string>, inner: ReadonlySet<string>): boolean {
  return [...inner].every((text) => outer.has(text))
}

function textsOf(values: readonly Json[]): ReadonlySet<string> {
  return new Set(values.map(canonicalJson))
}
