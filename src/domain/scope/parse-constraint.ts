import { isWellFormed } from '../json-text.ts'
import { SCOPE_ENTRIES_MAX, SCOPE_NESTING_MAX, SCOPE_STRING_MAX } from '../limits.ts'
import { UNNAMED } from './argument-map.ts'
import {
  fail,
  type Intake,
  isRecord,
  type Members,
  type Reader,
  readEntries,
  readFlag,
  readObject,
} from './intake.ts'
import { jsonOf } from './parse-json.ts'
import { pointerTo } from './parsed.ts'
import type { ArgumentConstraint, ArgumentMap, Json } from './types.ts'

/** What is constrained: JSON (tool arguments, body fields), or the texts of a query. */
type Constrained = 'json' | 'text'

/**
 * A map of argument constraints. Closed like everything in a scope: an unknown constraint type or
 * member is malformed, and `*` is a plain wildcard. `{}` is legal and means no arguments.
 */
export function argumentMapOf(constrained: Constrained): Reader<ArgumentMap> {
  return (intake, value, pointer) => {
    if (!isRecord(value)) return fail(intake, pointer, 'not a map of constraints')
    const names = Object.keys(value)
    if (names.length > SCOPE_ENTRIES_MAX) {
      return fail(intake, pointer, `more than ${SCOPE_ENTRIES_MAX} arguments`)
    }
    const entries: [string, ArgumentConstraint][] = []
    for (const name of names) {
      const at = pointerTo(pointer, name)
      if (name.length > SCOPE_STRING_MAX || !isWellFormed(name)) {
        return fail(intake, at, 'not an argument name')
      }
      const top = name === UNNAMED ? 'plain wildcard' : 'in a map'
      const constraint = readConstraint(intake, value[name], at, { constrained, top, nesting: 1 })
      if (constraint === undefined) return undefined
      entries.push([name, constraint])
    }
    // fromEntries defines members, so that even `__proto__` is an ordinary one.
    return Object.fromEntries(entries)
  }
}

interface Place {
  readonly constrained: Constrained
  /** `optional` stands only directly in a map, and never on `*`. */
  readonly top: 'in a map' | 'plain wildcard' | 'in a clause'
  readonly nesting: number
}

function readConstraint(
  intake: Intake,
  value: unknown,
  pointer: string,
  place: Place,
): ArgumentConstraint | undefined {
  if (!isRecord(value)) return fail(intake, pointer, 'not a constraint')
  if (place.nesting > SCOPE_NESTING_MAX) return fail(intake, pointer, 'nested too deeply')
  const type = Object.hasOwn(value, 'constraint_type') ? value['constraint_type'] : undefined
  if (place.top === 'plain wildcard' && (type !== 'wildcard' || Object.keys(value).length > 1)) {
    return fail(intake, pointer, 'what is not named can only be a plain wildcard')
  }
  const own = typeof type === 'string' ? membersOf(type, place) : undefined
  if (own === undefined) {
    return fail(intake, pointerTo(pointer, 'constraint_type'), 'no such constraint')
  }
  const members = {
    ...(place.top === 'in a map' ? { optional: readFlag } : {}),
    constraint_type: readWord,
    ...own,
  }
  // A bound may be left out of a range; everything else a type has, it needs.
  const needed = type === 'range' ? [] : Object.keys(own)
  const read = readObject<object>(intake, value, pointer, members, needed as never[])
  if (read === undefined) return undefined
  const constraint = read as ArgumentConstraint
  return isRangeInOrder(constraint) ? constraint : fail(intake, pointer, 'not a range')
}

/** The members a constraint type has beside its name, or undefined when there is no such type. */
function membersOf(type: string, place: Place): Members<Record<string, unknown>> | undefined {
  const text = place.constrained === 'text'
  switch (type) {
    case 'exact':
      return { value: text ? readLiteralText : readScalar }
    case 'range':
      return { min: readNumber, max: readNumber, min_inclusive: readFlag, max_inclusive: readFlag }
    case 'one_of':
      return { values: valuesOf(place, 1) }
    case 'not_one_of':
      return { excluded: valuesOf(place, 0) }
    case 'contains':
      return text ? undefined : { required: valuesOf(place, 0) }
    case 'subset':
      return text ? undefined : { allowed: valuesOf(place, 0) }
    case 'wildcard':
      return {}
    case 'all':
    case 'any':
      return { constraints: clausesOf(place) }
    default:
      return undefined
  }
}

function isRangeInOrder(constraint: ArgumentConstraint): boolean {
  if (constraint.constraint_type !== 'range') return true
  const { min, max, min_inclusive, max_inclusive } = constraint
  if (min_inclusive !== undefined && min === undefined) return false
  if (max_inclusive !== undefined && max === undefined) return false
  return min === undefined || max === undefined || min <= max
}

const readWord: Reader<unknown> = (_intake, value) => value

function valuesOf(place: Place, min: 0 | 1): Reader<readonly Json[]> {
  const read = place.constrained === 'text' ? readLiteralText : readJsonValue
  return (intake, value, pointer) => {
    if (!Array.isArray(value)) return fail(intake, pointer, 'not a list')
    if (value.length < min) return fail(intake, pointer, 'an empty list is never meant')
    return readEntries<Json>(intake, value, pointer, read, SCOPE_ENTRIES_MAX)
  }
}

function clausesOf(place: Place): Reader<readonly ArgumentConstraint[]> {
  const inside: Place = { ...place, top: 'in a clause', nesting: place.nesting + 1 }
  return (intake, value, pointer) => {
    if (!Array.isArray(value)) return fail(intake, pointer, 'not a list')
    if (value.length === 0) return fail(intake, pointer, 'an empty list is never meant')
    const read: Reader<ArgumentConstraint> = (i, v, p) => readConstraint(i, v, p, inside)
    return readEntries(intake, value, pointer, read, SCOPE_ENTRIES_MAX)
  }
}

/** AAT §3.4: an exact value is a scalar. */
const readScalar: Reader<Json> = (intake, value, pointer) =>
  typeof value === 'object' && value !== null
    ? fail(intake, pointer, 'not a text, number, boolean or null')
    : readJsonValue(intake, value, pointer)

/** In a query every value is a text, so that a number would match nothing. */
const readLiteralText: Reader<string> = (intake, value, pointer) =>
  typeof value === 'string' && value.length <= SCOPE_STRING_MAX && isWellFormed(value)
    ? value
    : fail(intake, pointer, 'not a text')

/** A finite number; that it survived reading is the promise of `readJson`. */
const readNumber: Reader<number> = (intake, value, pointer) =>
  typeof value === 'number' && Number.isFinite(value)
    ? value
    : fail(intake, pointer, 'not a number')

const readJsonValue: Reader<Json> = jsonOf(SCOPE_STRING_MAX)
