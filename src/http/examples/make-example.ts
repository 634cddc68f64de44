import { WHOLE, WORDS } from './words.ts'

/** A schema as the document has it, as far as examples look at it. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly example?: unknown
  readonly pattern?: string
  readonly format?: string
  readonly minimum?: number
  readonly minItems?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: boolean | Schema
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
}

/** The named schemas of the document. */
export type Schemas = Readonly<Record<string, Schema>>

interface Place {
  readonly schemas: Schemas
  /** Whether members that may be left out are: requests show what is needed. */
  readonly sparse: boolean
  readonly name: string
  readonly within: string
  /** The named schemas that this value stands in: a chain of them ends after one. */
  readonly above: readonly string[]
}

const REFERENCE = '#/components/schemas/'

/**
 * One value that a schema takes, told in the words of `words.ts`. Of several branches it is the
 * first. A request shows what it needs, an answer everything it may have.
 */
export function makeExample(schemas: Schemas, schema: Schema, sparse: boolean): unknown {
  return make(schema, { schemas, sparse, name: '', within: '', above: [] })
}

function make(schema: Schema, place: Place): unknown {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(REFERENCE.length)
    if (Object.hasOwn(WHOLE, name)) return WHOLE[name]
    const above = [...place.above, name]
    return make(place.schemas[name] ?? {}, { ...place, within: name, above })
  }
  const { name, within } = place
  for (const key of [`${within}.${name}`, name]) {
    if (Object.hasOwn(WORDS, key) && fits(WORDS[key], schema)) return WORDS[key]
  }
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.example !== undefined) return schema.example
  const branch = schema.oneOf?.[0] ?? schema.anyOf?.[0]
  if (branch !== undefined) return make(branch, place)
  if (schema.allOf !== undefined) return merged(schema.allOf, place)
  return ofType(schema, place)
}

/** Whether a word is of the kind that is wanted here; `name` is a member of many schemas. */
function fits(word: unknown, schema: Schema): boolean {
  const { type = [], pattern, oneOf, anyOf, allOf } = schema
  const branches = oneOf ?? anyOf
  if (branches !== undefined) return branches.some((branch) => fits(word, branch))
  if (allOf !== undefined || schema.$ref !== undefined) return false
  if (schema.enum !== undefined) return schema.enum.includes(word)
  if (schema.format !== undefined && word !== null && !TIME.test(String(word))) return false
  const kind = word === null ? 'null' : Array.isArray(word) ? 'array' : typeof word
  const kinds = typeof type === 'string' ? [type] : type
  const isKind = kinds.includes(kind) || (kind === 'number' && kinds.includes('integer'))
  if (!isKind) return false
  if (Array.isArray(word)) return word.every((each) => fits(each, schema.items ?? {}))
  return typeof word !== 'string' || pattern === undefined || matches(pattern, word)
}

const TIME = /^\d{4}-\d\d-\d\dT/

function matches(pattern: string, text: string): boolean {
  const [, body = pattern, flags = ''] = /^(.*\$)\/(u)$/.exec(pattern) ?? []
  return new RegExp(body, flags).test(text)
}

function merged(parts: readonly Schema[], place: Place): unknown {
  const values = parts
    .filter(({ type, properties, $ref }) => $ref !== undefined || properties || type === 'object')
    .map((part) => make(part, place))
  return values.length === 1 ? values[0] : Object.assign({}, ...values)
}

function ofType(schema: Schema, place: Place): unknown {
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0]
  switch (type) {
    case 'object':
      return objectOf(schema, place)
    case 'array':
      return schema.items === undefined ? [] : [make(schema.items, place)]
    case 'boolean':
      return false
    case 'integer':
    case 'number':
      return schema.minimum ?? 1
    case 'string':
      return textOf(schema, place)
    default:
      return null
  }
}

function objectOf({ properties = {}, required = [] }: Schema, place: Place): unknown {
  const shown = Object.entries(properties).filter(([name, schema]) => {
    const text = JSON.stringify(schema)
    const again = place.above.some((above) => text.includes(`"${REFERENCE}${above}"`))
    return required.includes(name) || (!place.sparse && !again)
  })
  return Object.fromEntries(shown.map(([name, schema]) => [name, make(schema, { ...place, name })]))
}

const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/^\^(\w+_)?\[A-Za-z0-9_-\]\{21\}/, 'ZXhhbXBsZS0xNi1ieXRlcw'],
  [/^\^\[A-Za-z0-9_-\]\{4[23]\}/, 'dGhpcnR5LXR3byBieXRlcyBvZiBhbiBleGFtcGxlISE'],
  [
    /^\^\[A-Za-z0-9_-\]\{86\}/,
    'c2l4dHktZm91ciBieXRlcyBvZiBhIHNpZ25hdHVyZS4gYXMgbG9uZyBhcyBhIHNpZ25hdHVyZSBpcy4gLi4gLg',
  ],
]

function textOf({ pattern, format }: Schema, { name }: Place): string {
  if (format === 'date-time') return '2026-03-01T12:00:00Z'
  const [found, text] = TEXTS.find(([known]) => known.test(pattern ?? '')) ?? []
  if (found === undefined || text === undefined) return name.replaceAll('_', ' ') || '…'
  return `${found.exec(pattern ?? '')?.[1] ?? ''}${text}`
}
