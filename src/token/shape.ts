/** Whether a JSON value has a shape. */
export type Shape = (value: unknown) => boolean

/** A JSON object: not null, not a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Strings that a parser of the domain knows. */
export function parsedBy(parse: (text: string) => unknown): Shape {
  return (value) => typeof value === 'string' && parse(value) !== undefined
}

/** Strings of 1 to `charactersMax` UTF-16 units. */
export function text(charactersMax: number): Shape {
  return (value) => typeof value === 'string' && value.length > 0 && value.length <= charactersMax
}

/** Strings that match as a whole; the pattern brings its own anchors. */
export function matching(pattern: RegExp): Shape {
  return (value) => typeof value === 'string' && pattern.test(value)
}

/** Integers from `min` to `max`, by default from 0 to the largest a double holds exactly. */
export function integer(min = 0, max = Number.MAX_SAFE_INTEGER): Shape {
  return (value) =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
}

/** Lists of `min` to `max` entries, each of one shape. */
export function list(entry: Shape, min: number, max: number): Shape {
  return (value) =>
    Array.isArray(value) && value.length >= min && value.length <= max && value.every(entry)
}

/** One of some strings. */
export function oneOf(words: readonly string[]): Shape {
  const known = new Set<unknown>(words)
  return (value) => known.has(value)
}

/** The shapes of an object's members. */
export interface Members {
  readonly required: Readonly<Record<string, Shape>>
  readonly optional?: Readonly<Record<string, Shape>>
}

/**
 * Looks for what is wrong with an object that has all the required members and none but the named
 * ones, in table order. Answers the pointer (RFC 6901) of the first bad member, `''` when the value
 * is no object, or undefined when the shape holds.
 */
export function faultFinder(members: Members): (value: unknown) => string | undefined {
  const required = Object.entries(members.required)
  const optional = Object.entries(members.optional ?? {})
  const known = new Set([...required, ...optional].map(([name]) => name))
  return (value) => {
    if (!isObject(value)) return ''
    for (const [name, shape] of required) {
      if (!Object.hasOwn(value, name) || !shape(value[name])) return pointerTo(name)
    }
    for (const [name, shape] of optional) {
      if (Object.hasOwn(value, name) && !shape(value[name])) return pointerTo(name)
    }
    for (const name in value) {
      if (!known.has(name)) return pointerTo(name)
    }
    return undefined
  }
}

/** Objects of such members: the same as a shape for a member. */
export function object(members: Members): Shape {
  const findFault = faultFinder(members)
  return (value) => findFault(value) === undefined
}

function pointerTo(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}
