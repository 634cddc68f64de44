import { describe, expect, it } from 'vitest'
import {
  ANNA,
  type Built,
  CARL,
  type Call,
  derive,
  detailsOf,
  hashOf,
  ISSUER,
  prove,
  root,
  signed,
  THIEF,
  uriOf,
  VECTOR_NOW,
} from '../support/aat.ts'
import { verdictOf } from '../support/aat-verdict.ts'

const READ: Call = { tool: 'read_file', args: { path: '/data/q3.pdf' } }
const shownAs = (built: Built, call = READ) => verdictOf(built.chain, prove(built, call), call)
const exact = (value: unknown) => ({ constraint_type: 'exact', value })
const range = (bounds: object) => ({ constraint_type: 'range', ...bounds })
const oneOf = (...values: unknown[]) => ({ constraint_type: 'one_of', values })
const all = (...constraints: unknown[]) => ({ constraint_type: 'all', constraints })
const any = (...constraints: unknown[]) => ({ constraint_type: 'any', constraints })
const WILD = { constraint_type: 'wildcard' }
const optional = (constraint: object) => ({ ...constraint, optional: true })

/** A root and one link with these constraints on `v` of tool `t`, shown for `v`. */
const pair = (parent: object, child: object, v: unknown = 'pdf') => {
  const from = derive(root({ tools: { t: { v: parent } } }), { tools: { t: { v: child } } })
  return shownAs(from, { tool: 't', args: { v } })
}
/** As `pair`, with whole maps of arguments. */
const maps = (parent: object, child: object, args: Call['args']) =>
  shownAs(derive(root({ tools: { t: parent } }), { tools: { t: child } }), { tool: 't', args })
/** A root alone with one map of arguments. */
const alone = (map: unknown, args: Call['args']) =>
  shownAs(root({ tools: { t: map } }), { tool: 't', args })

/** The classes of the public vectors (J.1 to J.22), made again with keys of our own. */
describe('chains, by the classes of the public vectors', () => {
  const three = () =>
    derive(
      derive(
        root({
          tools: {
            read_file: { path: oneOf('/data/q3.pdf', '/data/q4.pdf') },
            search: { query: WILD, limit: range({ max: 100 }) },
          },
        }),
        {
          tools: {
            read_file: { path: oneOf('/data/q3.pdf') },
            search: { query: exact('public'), limit: range({ max: 20 }) },
          },
          claims: { del_max_depth: 2, exp: VECTOR_NOW + 1500 },
        },
      ),
      { to: CARL, tools: { read_file: { path: exact('/data/q3.pdf') } } },
    )
  const two = (order: Parameters<typeof derive>[1] = {}, from = root()) => derive(from, order)
  const rooted = (claims: object) => shownAs(root({ claims: claims as never }))

  const CASES: readonly (readonly [string, string, () => Promise<string>])[] = [
    ['J.1', 'permit', () => shownAs(root())],
    ['J.3', 'permit', () => shownAs(three())],
    ['J.4 signed by a key that does not hold the parent', '4b', () => shownAs(two({ by: THIEF }))],
    [
      'J.4.c iss is not the holder of the parent',
      '4c',
      () => shownAs(two({ claims: { iss: uriOf(THIEF) } })),
    ],
    ['J.5', '3e', () => rooted({ exp: VECTOR_NOW })],
    ['J.10', '4d', () => shownAs(two({ claims: { del_depth: 2 } }))],
    ['J.10.b', '4g', () => shownAs(two({ claims: { del_max_depth: 4 } }))],
    ['J.10.c', '4e', () => shownAs(two({}, root({ claims: { del_max_depth: 0 } })))],
    ['J.11', '4p2-4', () => pair(oneOf('pdf'), oneOf('pdf', 'csv'))],
    ['J.11.b', '4p1', () => shownAs(two({ tools: { write_file: {} } }))],
    ['J.11.c', '4p2-4', () => maps({ a: WILD, b: WILD }, { a: WILD }, { a: 1 })],
    ['J.11.d', '4p2-4', () => pair(oneOf('pdf'), WILD)],
    ['J.12', '4q', () => shownAs(two({ claims: { par_hash: hashOf(root().chain[0] ?? '') } }))],
    [
      'J.12.b the digest of the payload alone',
      '4q',
      () => {
        const from = root()
        const payload = `.${from.chain[0]?.split('.')[1]}.`
        return shownAs(two({ claims: { par_hash: hashOf(payload.slice(1)) } }, from))
      },
    ],
    ['J.13', '4h', () => shownAs(two({ claims: { exp: VECTOR_NOW + 3301 } }))],
    ['J.13.b', '4j', () => shownAs(two({ claims: { iat: VECTOR_NOW - 301 } }))],
    [
      'J.14 one bit of the signature',
      '3b',
      () => {
        const from = root()
        const [token = ''] = from.chain
        const dot = token.lastIndexOf('.')
        const bytes = Buffer.from(token.slice(dot + 1), 'base64url')
        bytes[0] = (bytes[0] ?? 0) ^ 1
        const chain = [`${token.slice(0, dot)}.${bytes.toString('base64url')}`]
        return verdictOf(chain, prove(from, READ), READ)
      },
    ],
    ['J.14.b', '3a', () => shownAs(root({ header: { alg: 'none' } }))],
    [
      'J.14.c a key in the header is not used',
      '3b',
      () => shownAs(root({ by: THIEF, header: { jwk: THIEF.jwk } })),
    ],
    ['J.7.3', '3a', () => shownAs(root({ header: { typ: 'aat-pop+jwt' } }))],
    ['J.7.4', '3a', () => shownAs(root({ header: { typ: undefined } }))],
    ['J.7.5', '3a', () => shownAs(root({ header: { alg: 'EdDSA' } }))],
    ['J.7.6', '3a', () => shownAs(root({ header: { crit: ['x'], x: 1 } }))],
    [
      'J.2 the same token twice',
      '4b',
      () => {
        const from = two()
        return verdictOf([...from.chain, from.chain[1] ?? ''], prove(from, READ), READ)
      },
    ],
    [
      'J.2 another token with the same id',
      '2c',
      () => {
        const from = root()
        return shownAs(two({ claims: { jti: from.claims['jti'] } }, from))
      },
    ],
    ['J.21.1', '3d', () => rooted({ par_hash: hashOf('a.b.c') })],
    ['J.21.2', '3c', () => rooted({ del_depth: 1 })],
    ['J.21.3', '3l', () => rooted({ cnf: { jwk: { ...ANNA.jwk, d: ANNA.jwk['x'] } } })],
    ['J.21.4', '3f', () => rooted({ iat: VECTOR_NOW + 31 })],
    ['the same, within the tolerance', 'permit', () => rooted({ iat: VECTOR_NOW + 30 })],
    ['J.21.5', '3h', () => rooted({ exp: VECTOR_NOW - 300 + 7_776_001 })],
    ['J.21.6', '3k', () => rooted({ iss: 'https://auth.other.example' })],
    ['J.21.7', '3n', () => alone({ v: all() }, { v: 1 })],
    [
      'J.21.8',
      '3m',
      () => rooted({ authorization_details: [{ type: 'attenuating_agent_token' }] }),
    ],
    ['J.21.9', '3c', () => rooted({ del_depth: false })],
    ['J.21.10', '3m', () => rooted({ authorization_details: detailsOf({ read_file: true }) })],
    ['J.21.11', '3n', () => alone({ v: { constraint_type: 'all', constraints: WILD } }, { v: 1 })],
    ['J.21.12', '3n', () => alone({ v: range({ max: 5, step: 1 }) }, { v: 1 })],
    [
      'two entries that count',
      '3m',
      () => rooted({ authorization_details: [...detailsOf({}), ...detailsOf({})] }),
    ],
    [
      'an entry of another type beside it',
      'permit',
      () => rooted({ authorization_details: [...detailsOf({ read_file: {} }), { type: 'other' }] }),
    ],
    ['a claim nobody defined', 'permit', () => rooted({ surprise: { nested: [1] } })],
    [
      'a link without an entry allows nothing below it',
      '4p1',
      () =>
        shownAs(
          derive(two({ claims: { authorization_details: [] } }), {
            to: CARL,
            tools: { read_file: {} },
          }),
        ),
    ],
    [
      'a leaf without an entry',
      '6a',
      () => shownAs(two({ claims: { authorization_details: [] } })),
    ],

    ['J.8.1', 'permit', () => maps({}, { a: exact(1) }, { a: 1 })],
    ['J.8.2', 'permit', () => alone({}, { whatever: [1] })],
    ['J.8.3', '3n', () => alone({ v: { constraint_type: 'regex', pattern: '.*' } }, { v: 1 })],
    [
      'J.8.5 on a tool that is not called',
      '3n',
      () => shownAs(root({ tools: { read_file: {}, t: { v: { constraint_type: 'cel' } } } })),
    ],
    ['J.8.6', '3n', () => alone({ v: range({ min: 2, max: 1 }) }, { v: 1 })],
    ['J.8.8', 'permit', () => alone({ v: range({ min: 0 }) }, { v: 9007199254740994 })],
    ['J.8.4', '4p2-4', () => pair(all(range({ max: 9 })), range({ max: 5 }), 1)],
    ['J.9.1', '6b', () => alone({ a: WILD }, { a: 1, b: 2 })],
    ['J.9.2', '6b', () => alone({ a: WILD, b: WILD }, { a: 1 })],
    ['J.9.3', '6b', () => shownAs(three(), { tool: 'search', args: { query: 'x', limit: 1 } })],
    [
      'J.9.4 a prefix of a chain',
      'permit',
      () => {
        const from = three()
        const parent = { ...from, chain: from.chain.slice(0, 1), holder: ANNA }
        const [head = ''] = from.chain
        const jti = JSON.parse(Buffer.from(head.split('.')[1] ?? '', 'base64url').toString()).jti
        return shownAs({ ...parent, claims: { jti } })
      },
    ],
    ['J.15.1', 'permit', () => pair(all(WILD), all(WILD, exact('pdf')))],
    ['J.15.2', '4p2-4', () => pair(all(exact('pdf'), oneOf('pdf')), all(oneOf('pdf')))],
    ['J.15.3', 'permit', () => pair(all(oneOf('pdf', 'csv'), oneOf('pdf')), all(exact('pdf')))],
    ['J.15.4', 'permit', () => pair(all(WILD, WILD), all(exact(5)), 5)],
    ['J.15.5', '4p2-4', () => pair(all(range({ max: 5 })), all(range({ max: 6 })), 1)],
    ['J.15.6', '6b', () => alone({ v: all(range({ min: 1 }), range({ max: 5 })) }, { v: 6 })],
    ['J.16.1', 'permit', () => pair(any(exact('pdf'), exact('csv')), any(exact('pdf')))],
    ['J.16.2', '4p2-4', () => pair(any(exact('pdf')), any(exact('pdf'), exact('csv')))],
    ['J.16.3', '4o', () => pair(any(exact('pdf')), any())],
    ['J.16.4', 'permit', () => alone({ v: any(exact('pdf'), exact('csv')) }, { v: 'csv' })],
    ['J.16.5', '6b', () => pair(any(exact('pdf'), exact('csv')), any(exact('pdf')), 'csv')],
    ['J.16.6', 'permit', () => pair(any(oneOf('pdf', 'csv')), any(exact('pdf')))],
    ['J.17.1', 'permit', () => pair(notOneOf('a'), notOneOf('a', 'b'))],
    ['J.17.2', '4p2-4', () => pair(notOneOf('a', 'b'), notOneOf('a'))],
    ['J.17.3', 'permit', () => pair(contains('a'), contains('a', 'b'), ['b', 'a'])],
    ['J.17.4', '4p2-4', () => pair(contains('a', 'b'), contains('a'), ['a'])],
    ['J.17.5', 'permit', () => pair(subset('a', 'b'), subset('a'), ['a'])],
    ['J.17.6', '4p2-4', () => pair(subset('a'), subset('a', 'b'), ['a'])],
    ['J.17.7', 'permit', () => pair(range({ min: 1 }), range({ min: 1, min_inclusive: false }), 2)],
    ['J.17.8', '4p2-4', () => pair(range({ min: 1, min_inclusive: false }), range({ min: 1 }), 2)],
    ['J.18.1', '4p2-4', () => pair(any(exact('pdf')), all(exact('pdf')))],
    ['J.18.2', 'permit', () => pair(all(any(exact('pdf'), exact('csv'))), all(any(exact('pdf'))))],

    ['J.22.1', 'permit', () => alone({ a: WILD, b: optional(WILD) }, { a: 1 })],
    ['J.22.2', 'permit', () => alone({ b: optional(range({ max: 5 })) }, { b: 5 })],
    ['J.22.3', '6b', () => alone({ b: optional(range({ max: 5 })) }, { b: 6 })],
    ['J.22.4', 'permit', () => alone({ a: WILD, '*': WILD }, { a: 1, z: 2 })],
    ['J.22.5', '6b', () => alone({ a: WILD, '*': WILD }, { z: 2 })],
    ['J.22.6', '6b', () => alone({ a: WILD }, { a: 1, z: 2 })],
    ['J.22.7', 'permit', () => maps({ a: optional(WILD) }, { a: WILD }, { a: 1 })],
    ['J.22.8', '4p2-4', () => maps({ a: WILD }, { a: optional(WILD) }, { a: 1 })],
    ['J.22.9', '6b', () => maps({ a: WILD, b: optional(WILD) }, { a: WILD }, { a: 1, b: 2 })],
    ['J.22.10', 'permit', () => maps({ a: WILD, b: optional(WILD) }, { a: WILD }, { a: 1 })],
    ['J.22.11', '4p2-4', () => maps({ a: WILD, b: WILD }, { b: WILD }, { b: 1 })],
    ['J.22.12', '6b', () => maps({ '*': WILD }, { a: exact(1), '*': WILD }, { a: 2 })],
    ['J.22.13', 'permit', () => maps({ '*': WILD }, { a: exact(1), '*': WILD }, { a: 1 })],
    ['J.22.14', '4p2-4', () => maps({ a: WILD }, { a: WILD, '*': WILD }, { a: 1 })],
    ['J.22.15', '4p2-4', () => maps({ a: WILD }, { a: WILD, b: WILD }, { a: 1, b: 1 })],
    ['J.22.16', '4p2-4', () => maps({ a: optional(WILD), '*': WILD }, { '*': WILD }, {})],
    ['J.22.17', 'permit', () => maps({}, { '*': WILD }, { z: 1 })],
    ['J.22.18', '3n', () => alone({ v: all(optional(WILD)) }, { v: 1 })],
    ['J.22.19', '3n', () => alone({ '*': exact(1) }, { v: 1 })],
    ['J.22.20', 'permit', () => maps({ '*': WILD }, { a: optional(WILD), '*': WILD }, {})],
    ['J.22.21', 'permit', () => maps({ a: WILD, '*': WILD }, { a: WILD }, { a: 1 })],
    ['J.22.22', '6b', () => maps({ a: WILD, '*': WILD }, { a: WILD }, { a: 1, z: 1 })],
    ['J.22.23', '3n', () => alone({ '*': optional(WILD) }, { v: 1 })],
  ]

  it.each(CASES)('%s: %s', async (_name, expected, verdict) => {
    expect(await verdict()).toBe(expected)
  })

  it('J.8.9: a literal that does not survive as a double is no constraint', async () => {
    const digits = '9007199254740993'
    const from = root({ tools: { t: { v: exact(1) } } })
    const payload = JSON.stringify(from.claims).replace('"value":1}', `"value":${digits}}`)
    const token = signed(ISSUER, { alg: 'Ed25519', typ: 'aat+jwt' }, payload)
    const call = { tool: 't', args: { v: 1 } }
    expect(payload).toContain(digits)
    expect(await verdictOf([token], prove({ ...from, chain: [token] }, call), call)).toBe('3b')
  })
})

function notOneOf(...excluded: unknown[]) {
  return { constraint_type: 'not_one_of', excluded }
}
function contains(...required: unknown[]) {
  return { constraint_type: 'contains', required }
}
function subset(...allowed: unknown[]) {
  return { constraint_type: 'subset', allowed }
}
