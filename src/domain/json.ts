import { readNumber, readString, skipSpace, type Text } from './json-text.ts'
import { JSON_NESTING_MAX } from './limits.ts'
import type { Json } from './scope/types.ts'

/** A JSON value, or where in the document reading stopped (RFC 6901) and why. */
export type ReadJson =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly pointer: string; readonly detail: string }

/**
 * Reads one JSON document (RFC 8259) and refuses what readers disagree about: duplicate members,
 * lone surrogates, numbers that change when they become doubles, a byte order mark, anything after
 * the value, and more than `nestingMax` arrays and objects inside each other. Linear in the text.
 */
export function readJson(text: string, nestingMax: number = JSON_NESTING_MAX): ReadJson {
  const source: Text = { text, at: 0, fault: undefined, path: [] }
  skipSpace(source)
  const value = readValue(source, nestingMax)
  if (value !== undefined) {
    skipSpace(source)
    if (source.at === text.length) return { ok: true, value }
    source.fault = 'something follows the value'
  }
  const pointer = source.path.map((step) => `/${escapeStep(step)}`).join('')
  return { ok: false, pointer, detail: source.fault ?? 'a value is missing' }
}

/**
 * RFC 8785 text of a value: members sorted by UTF-16 code units, shortest numbers, no space. Two
 * values are equal exactly when their canonical texts are. Throws on a number that JSON can not
 * hold.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError('not a JSON number')
    return Object.is(value, -0) ? '0' : String(value)
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  const texts = members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`)
  return `{${texts.join(',')}}`
}

/** Equality by RFC 8785 text, without making the text where a comparison of scalars decides. */
export function sameJson(a: Json, b: Json): boolean {
  if (a === b) return true
  return typeof a === 'object' && typeof b === 'object' && canonicalJson(a) === canonicalJson(b)
}

/** One step of a JSON pointer with `~` and `/` escaped (RFC 6901 §3). */
export function escapeStep(step: string | number): string {
  return String(step).replaceAll('~', '~0').replaceAll('/', '~1')
}

/** Whether a value is an array; `Array.isArray` does not narrow a readonly array. */
export function isArray(value: unknown): value is readonly Json[] {
  return Array.isArray(value)
}

function readValue(source: Text, nesting: number): Json | undefined {
  switch (source.text[source.at]) {
    case '{':
      return nesting > 0 ? readObject(source, nesting - 1) : tooDeep(source)
    case '[':
      return nesting > 0 ? readArray(source, nesting - 1) : tooDeep(source)
    case '"':
      return readString(source)
    case 't':
      return readWord(source, 'true', true)
    case 'f':
      return readWord(source, 'false', false)
    case 'n':
      return readWord(source, 'null', null)
    default:
      return readNumber(source)
  }
}

function tooDeep(source: Text): undefined {
  source.fault = 'nested too deeply'
  return undefined
}

function readWord<T extends Json>(source: Text, word: string, value: T): T | undefined {
  if (!source.text.startsWith(word, source.at)) {
    source.fault = 'not a JSON value'
    return undefined
  }
  source.at += word.length
  return value
}

function readArray(source: Text, nesting: number): Json | undefined {
  const items: Json[] = []
  source.at += 1
  skipSpace(source)
  if (source.text[source.at] === ']') {
    source.at += 1
    return items
  }
  for (;;) {
    source.path.push(items.length)
    skipSpace(source)
    const item = readValue(source, nesting)
    if (item === undefined) return undefined
    items.push(item)
    source.path.pop()
    const more = readSeparator(source, ']')
    if (more === undefined) return undefined
    if (!more) return items
  }
}

function readObject(source: Text, nesting: number): Json | undefined {
  const object: { [member: string]: Json } = {}
  source.at += 1
  skipSpace(source)
  if (source.text[source.at] === '}') {
    source.at += 1
    return object
  }
  for (;;) {
    skipSpace(source)
    const name = readName(source)
    if (name === undefined) return undefined
    source.path.push(name)
    if (Object.hasOwn(object, name)) {
      source.fault = 'the member is there twice'
      return undefined
    }
    skipSpace(source)
    const member = readValue(source, nesting)
    if (member === undefined) return undefined
    setMember(object, name, member)
    source.path.pop()
    const more = readSeparator(source, '}')
    if (more === undefined) return undefined
    if (!more) return object
  }
}

/** Sets an own member; assignment would take `__proto__` for the prototype. */
function setMember(object: { [member: string]: Json }, name: string, value: Json): void {
  if (name !== '__proto__') object[name] = value
  else
    Object.defineProperty(object, name, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    })
}

function readName(source: Text): string | undefined {
  if (source.text[source.at] !== '"') {
    source.fault = 'a member name is missing'
    return undefined
  }
  const name = readString(source)
  if (name === undefined) return undefined
  skipSpace(source)
  if (source.text[source.at] !== ':') {
    source.fault = 'a colon is missing'
    return undefined
  }
  source.at += 1
  return name
}

/** True after a comma, false after the closing bracket, undefined at anything else. */
function readSeparator(source: Text, closing: ']' | '}'): boolean | undefined {
  skipSpace(source)
  const character = source.text[source.at]
  if (character !== ',' && character !== closing) {
    source.fault = `a comma or ${closing} is missing`
    return undefined
  }
  source.at += 1
  return character === ','
}

/**
 * What a name of a member and all its twins in other case have in common. Readers that ignore case
 * are common, so where one name counts its twins do as well.
 */
export function foldMember(name: string): string {
  return name.toUpperCase().toLowerCase()
}
