import type { Document } from './document.ts'

type Schema = Readonly<Record<string, unknown>>

const REFERENCE = '#/components/schemas/'

/**
 * Says anew what the generator says with `allOf` and no value can meet: a closed object together
 * with another closed object is one object of all their members, and an object that may be null is
 * one or the other.
 */
export function plainUnions(document: Document): void {
  const schemas = (document.components?.schemas ?? {}) as Record<string, Schema>
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plain)
    if (typeof value !== 'object' || value === null) return value
    const told = Object.fromEntries(Object.entries(value).map(([key, of]) => [key, plain(of)]))
    const [first, second, ...more] = Array.isArray(told['allOf']) ? told['allOf'] : []
    if (second === undefined || more.length > 0) return told
    return joined(schemas, first, second) ?? told
  }
  for (const [name, schema] of Object.entries(schemas)) schemas[name] = plain(schema) as Schema
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    Object.assign(document.paths ?? {}, { [path]: plain(item) })
  }
}

function joined(
  schemas: Readonly<Record<string, Schema>>,
  first: Schema,
  second: Schema,
): Schema | undefined {
  const { type, description, properties } = second
  if (Array.isArray(type) && type.includes('null') && properties === undefined) {
    const about = description === undefined ? {} : { description }
    return { anyOf: [first, { type: 'null' }], ...about }
  }
  const base = schemas[String(first['$ref']).slice(REFERENCE.length)]
  if (base === undefined || type !== 'object' || properties === undefined) return undefined
  return {
    ...second,
    properties: { ...(base['properties'] as object), ...(properties as object) },
    required: [...listOf(base['required']), ...listOf(second['required'])],
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
