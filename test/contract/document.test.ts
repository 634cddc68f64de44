import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { buildDocument, documentText } from '../../src/http/document.ts'
import { OPEN_ROUTES } from '../../src/http/public.ts'
import { ROUTES } from '../../src/http/route-table.ts'

const document = buildDocument(ROUTES, OPEN_ROUTES)
const text = JSON.stringify(document)

describe('openapi.yaml', () => {
  it('is what the code says: `npm run openapi` writes it', () => {
    expect(readFileSync('openapi.yaml', 'utf8')).toBe(documentText(document))
  })

  it('is YAML that says the same as its JSON', () => {
    expect(parse(documentText(document))).toEqual(JSON.parse(text))
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
    expect(ids).toHaveLength(ROUTES.length + OPEN_ROUTES.length)
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

  it('closes every request body: an unknown member is refused', () => {
    const open = Object.entries(document.components?.schemas ?? {}).filter(([name, schema]) => {
      const plain = 'type' in schema && schema.type === 'object' && 'properties' in schema
      return plain && schema.additionalProperties !== false && name !== 'ArgumentConstraint'
    })
    expect(open.map(([name]) => name)).toEqual(['Actor', 'JwkSet'])
  })
})
