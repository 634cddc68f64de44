import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { buildDocument, documentText } from '../../src/http/document.ts'
import { OTHER_FACES } from '../../src/http/other-faces.ts'
import { OPEN_ROUTES } from '../../src/http/public.ts'
import { ROUTES } from '../../src/http/route-table.ts'
import { LEASH_OPEN_ROWS, LEASH_ROWS } from '../../src/leash-tokens/rows.ts'
import { METADATA_ROWS } from '../../src/oauth/metadata.ts'
import { OAUTH_ROWS } from '../../src/oauth/rows.ts'

const document = buildDocument(ROUTES, OPEN_ROUTES)
const text = JSON.stringify(document)

describe('openapi.yaml', () => {
  it('is what the code says: `npm run openapi` writes it', () => {
    expect(readFileSync('openapi.yaml', 'utf8')).toBe(documentText(document))
  })

  it('is YAML that says the same as its JSON', () => {
    expect(parse(documentText(document))).toEqual(JSON.parse(text))
  })

  it('says where an answer may be null', () => {
    const { Lease, Webhook } = parse(documentText(document)).components.schemas
    const members = [Lease.properties.parent_id, Webhook.properties.failing_since]
    expect(members.map(({ type }) => type)).toEqual([
      ['string', 'null'],
      ['string', 'null'],
    ])
  })

  it('asks of no value to be two closed objects at once, or an object and null', () => {
    const unions = [...text.matchAll(/"allOf":(\[[^[]*?\])/g)].map(([, parts = '']) => parts)
    expect(unions.filter((parts) => /"(null|object)"/.test(parts))).toEqual([])
    expect(text).toContain('"anyOf":[{"$ref":"#/components/schemas/Scope"},{"type":"null"}]')
  })

  it('refers only to what is there', () => {
    const schemas = Object.keys(document.components?.schemas ?? {})
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)]
    const missing = references
      .map(([, name]) => name ?? '')
      .filter((name) => !schemas.includes(name))
    expect(missing).toEqual([])
    expect(references.length).toBeGreaterThan(100)
  })

  it('names every operation once and describes every route', () => {
    const operations = Object.values(document.paths ?? {}).flatMap((path) => Object.values(path))
    const ids = operations.map((operation: { operationId: string }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toHaveLength(ROUTES.length + OPEN_ROUTES.length + OTHER_FACES.length)
  })

  it('asks for a certificate where agents may come and a bearer token where people may', () => {
    for (const { method, path, who } of ROUTES) {
      const key = method.toLowerCase() as 'get' | 'post' | 'put' | 'delete'
      const security = document.paths?.[path]?.[key]?.security?.flatMap(Object.keys)
      const people = who.some((kind) => kind !== 'agent' && kind !== 'enforcement')
      const peers = who.includes('agent') || who.includes('enforcement')
      const expected = [...(people ? ['bearer'] : []), ...(peers ? ['certificate'] : [])]
      expect([path, security]).toEqual([path, expected])
    }
  })

  it('tells of every address of OAuth and of LEASH tokens', () => {
    const rows = [...OAUTH_ROWS, ...LEASH_ROWS].map(({ method, path }) => `${method} ${path}`)
    const open = [...METADATA_ROWS, ...LEASH_OPEN_ROWS].map(({ path }) => `GET ${path}`)
    const there = [...rows, ...open].filter((row) => !row.endsWith('/*'))
    const told = OTHER_FACES.map(({ method, path }) => `${method.toUpperCase()} ${path}`)
    expect(told.toSorted()).toEqual([...new Set(there)].toSorted())
  })

  it('closes every request body: an unknown member is refused', () => {
    const open = Object.entries(document.components?.schemas ?? {}).filter(([name, schema]) => {
      const plain = 'type' in schema && schema.type === 'object' && 'properties' in schema
      return plain && schema.additionalProperties !== false && name !== 'ArgumentConstraint'
    })
    const others = open.filter(([name]) => !/^OAuth|Leash/.test(name))
    expect(others.map(([name]) => name)).toEqual(['Actor', 'JwkSet'])
  })
})
