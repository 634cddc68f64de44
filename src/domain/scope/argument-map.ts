import { satisfies, subsumes } from './constraint.ts'
import { pointerTo } from './parsed.ts'
import type { ArgumentConstraint, ArgumentMap, Json } from './types.ts'

/** The key that stands for every argument a map does not name. */
export const UNNAMED = '*'

/** Where a map refuses arguments or widens another map, and why. */
export interface Objection {
  readonly pointer: string
  readonly detail: string
}

/** How one value is held against one constraint; queries have texts where tools have JSON. */
export type Check<Value> = (constraint: ArgumentConstraint, value: Value) => boolean

/**
 * Why a closed map refuses these arguments, or undefined when it admits them: each one is named and
 * satisfies its constraint, or the map has `*`; each named one that is not optional is there. The
 * empty map admits only no arguments.
 */
export function objectionToArguments<Value>(
  map: ArgumentMap,
  given: Iterable<readonly [string, Value]>,
  check: Check<Value>,
): Objection | undefined {
  let required = 0
  for (const [name, value] of given) {
    const constraint = constraintOn(map, name)
    if (constraint === undefined) {
      if (Object.hasOwn(map, UNNAMED)) continue
      return { pointer: pointerTo('', name), detail: 'is not an argument the scope names' }
    }
    if (!check(constraint, value)) {
      return { pointer: pointerTo('', name), detail: 'does not satisfy the constraint on it' }
    }
    if (constraint.optional !== true) required += 1
  }
  const wanted = Object.keys(map).filter((name) => isRequired(map, name))
  return required === wanted.length
    ? undefined
    : { pointer: '', detail: 'lacks an argument the scope requires' }
}

/** As `objectionToArguments`, for the JSON arguments of a tool or the members of a body. */
export function objectionToJson(
  map: ArgumentMap,
  given: { readonly [argument: string]: Json },
): Objection | undefined {
  return objectionToArguments(map, Object.entries(given), satisfies)
}

/** Whether a map admits no arguments at all. */
export function admitsNone(map: ArgumentMap): boolean {
  return !Object.keys(map).some((name) => isRequired(map, name))
}

/**
 * Where `child` admits arguments that `parent` may not (AAT §4.5, with the empty map as none): a
 * key the parent does not name without `*`, a constraint the parent's does not subsume, a required
 * argument made optional or dropped, an optional one dropped into `*`, or `*` added.
 */
export function argumentWidenings(child: ArgumentMap, parent: ArgumentMap): readonly Objection[] {
  const found: Objection[] = []
  const open = Object.hasOwn(child, UNNAMED)
  for (const [name, constraint] of Object.entries(child)) {
    const detail = widening(name, constraint, parent)
    if (detail !== undefined) found.push({ pointer: pointerTo('', name), detail })
  }
  for (const name of Object.keys(parent)) {
    if (name === UNNAMED || Object.hasOwn(child, name)) continue
    if (isRequired(parent, name)) {
      found.push({ pointer: '', detail: `drops ${JSON.stringify(name)}, which is required above` })
    } else if (open) {
      found.push({ pointer: '/*', detail: `frees ${JSON.stringify(name)}, constrained above` })
    }
  }
  return found
}

function widening(
  name: string,
  constraint: ArgumentConstraint,
  parent: ArgumentMap,
): string | undefined {
  const above = name === UNNAMED ? undefined : constraintOn(parent, name)
  if (above === undefined) {
    return Object.hasOwn(parent, UNNAMED) ? undefined : 'is an argument the parent does not admit'
  }
  if (above.optional !== true && constraint.optional === true) return 'is required by the parent'
  return subsumes(above, constraint) ? undefined : 'is not within the constraint of the parent'
}

function constraintOn(map: ArgumentMap, name: string): ArgumentConstraint | undefined {
  return name !== UNNAMED && Object.hasOwn(map, name) ? map[name] : undefined
}

function isRequired(map: ArgumentMap, name: string): boolean {
  return name !== UNNAMED && map[name]?.optional !== true
}
