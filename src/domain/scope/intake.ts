import { isWellFormed } from '../json-text.ts'
import { SCOPE_ENTRIES_MAX, SCOPE_STRING_MAX } from '../limits.ts'
import { malformed, type Parsed, parsed, pointerTo } from './parsed.ts'

/**
 * What readers share while one document is taken in: the first failure, and whether the document
 * has to be explicit (a token or a stored row) or may leave members out (a request).
 */
export interface Intake {
  readonly explicit: boolean
  failure: { readonly pointer: string; readonly detail: string } | undefined
}

/** Reads one value at a pointer; undefined means that `intake.failure` says why not. */
export type Reader<T> = (intake: Intake, value: unknown, pointer: string) => T | undefined

/** A reader for each member of `T`, in the order in which the result has them. */
export type Members<T> = { readonly [Name in keyof T]-?: Reader<T[Name]> }

/** Runs a reader over a whole document. */
export function takeIn<T>(value: unknown, explicit: boolean, read: Reader<T>): Parsed<T> {
  const intake: Intake = { explicit, failure: undefined }
  const result = read(intake, value, '')
  if (result !== undefined && intake.failure === undefined) return parsed(result)
  const { pointer, detail } = intake.failure ?? { pointer: '', detail: 'not readable' }
  return malformed(pointer, detail)
}

/** Records the first failure and answers undefined. */
export function fail(intake: Intake, pointer: string, detail: string): undefined {
  intake.failure ??= { pointer, detail }
  return undefined
}

/** An object with text keys, which includes neither null nor arrays. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A closed object: no member without a reader, and every member of `needed` there. */
export function readObject<T>(
  intake: Intake,
  value: unknown,
  pointer: string,
  members: Members<T>,
  needed: readonly (keyof T & string)[],
): T | undefined {
  if (!isRecord(value)) return fail(intake, pointer, 'not an object')
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(members, name)) {
      return fail(intake, pointerTo(pointer, name), 'no such member')
    }
  }
  const result: Partial<T> = {}
  for (const name of Object.keys(members) as (keyof T & string)[]) {
    if (Object.hasOwn(value, name)) {
      const member = members[name](intake, value[name], pointerTo(pointer, name))
      if (member === undefined) return undefined
      result[name] = member
    } else if (needed.includes(name)) {
      return fail(intake, pointerTo(pointer, name), 'missing')
    }
  }
  return result as T
}

/** The members a document needs: in an explicit one all of them, in a request none. */
export function neededOf<T>(intake: Intake, members: Members<T>): readonly (keyof T & string)[] {
  return intake.explicit ? (Object.keys(members) as (keyof T & string)[]) : []
}

/** A list of at most SCOPE_ENTRIES_MAX different entries; an empty one only where it is allowed. */
export function listOf<T>(read: Reader<T>, empty: 'empty is malformed' | 'may be empty') {
  return (intake: Intake, value: unknown, pointer: string): readonly T[] | undefined => {
    if (!Array.isArray(value)) return fail(intake, pointer, 'not a list')
    if (value.length === 0 && empty === 'empty is malformed') {
      return fail(intake, pointer, 'an empty list is never meant')
    }
    const entries = readEntries(intake, value, pointer, read, SCOPE_ENTRIES_MAX)
    if (entries === undefined) return undefined
    const twice = entries.findIndex((entry, index) => entries.indexOf(entry) !== index)
    return twice < 0 ? entries : fail(intake, pointerTo(pointer, twice), 'is there twice')
  }
}

/** The entries of a list, in order; at most `max`. */
export function readEntries<T>(
  intake: Intake,
  value: readonly unknown[],
  pointer: string,
  read: Reader<T>,
  max: number,
): readonly T[] | undefined {
  if (value.length > max) return fail(intake, pointer, `more than ${max} entries`)
  const entries: T[] = []
  for (let index = 0; index < value.length; index += 1) {
    const entry = read(intake, value[index], pointerTo(pointer, index))
    if (entry === undefined) return undefined
    entries.push(entry)
  }
  return entries
}

/** A well-formed text of 1 to SCOPE_STRING_MAX characters for which `holds` is true. */
export function textThat(holds: (text: string) => boolean, detail: string): Reader<string> {
  return (intake, value, pointer) => {
    if (typeof value !== 'string') return fail(intake, pointer, 'not a text')
    if (value === '') return fail(intake, pointer, 'an empty text')
    if (value.length > SCOPE_STRING_MAX) {
      return fail(intake, pointer, `longer than ${SCOPE_STRING_MAX} characters`)
    }
    return isWellFormed(value) && holds(value) ? value : fail(intake, pointer, detail)
  }
}

/** An integer between two bounds, both included. */
export function integerBetween(min: number, max: number): Reader<number> {
  return (intake, value, pointer) => {
    if (!Number.isSafeInteger(value)) return fail(intake, pointer, 'not an integer')
    const integer = value as number
    if (integer >= min && integer <= max) return integer === 0 ? 0 : integer
    return fail(intake, pointer, `not between ${min} and ${max}`)
  }
}

/** True or false, and nothing that only looks like it. */
export const readFlag: Reader<boolean> = (intake, value, pointer) =>
  typeof value === 'boolean' ? value : fail(intake, pointer, 'not true or false')

/** One of some words, or else what `otherwise` reads. */
export function wordOr<const Word extends string, T>(
  words: readonly Word[],
  otherwise: Reader<T>,
): Reader<Word | T> {
  return (intake, value, pointer) =>
    words.find((word) => word === value) ?? otherwise(intake, value, pointer)
}

/** One of some words. */
export function wordOf<const Word extends string>(words: readonly Word[]): Reader<Word> {
  return wordOr<Word, Word>(words, (intake, _value, pointer) =>
    fail(intake, pointer, `not one of ${words.join(', ')}`),
  )
}
