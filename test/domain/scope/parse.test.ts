import { describe, expect, it } from 'vitest'
import { parseScope } from '../../../src/domain/scope/complete.ts'
import { parseScopeRequest } from '../../../src/domain/scope/parse.ts'
import { EXAMPLE, PARENT } from './documents.ts'
import { documentOf, rowsOf } from './tables.ts'

const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index))
const http = (dimensions: object) => ({ grants: [{ type: 'http', ...dimensions }] })
const tool = (dimensions: object) => ({ grants: [{ type: 'tool', ...dimensions }] })
const argument = (a: unknown) => tool({ arguments: { a } })
const wildcard = { constraint_type: 'wildcard' }
const exact = (value: unknown) => argument({ constraint_type: 'exact', value })
const oneOf = (...values: unknown[]) => argument({ constraint_type: 'one_of', values })
const nest = (depth: number): object =>
  depth === 1 ? wildcard : { constraint_type: 'all', constraints: [nest(depth - 1)] }
const deep = (depth: number): unknown => (depth === 0 ? 0 : [deep(depth - 1)])
const named = (count: number) => Object.fromEntries(times(count, (i) => [`a${i}`, wildcard]))
const budgets = (count: number) => times(count, (i) => ({ unit: `U${i}`, decimals: 0, amount: 0 }))
const names = (count: number) => times(count, (i) => `h${i}.a.example`)

describe('parseScopeRequest accepts', () => {
  it('the example of the protocol, as it is', () => {
    expect(parseScopeRequest(EXAMPLE)).toEqual({ ok: true, value: EXAMPLE })
  })

  const accepted = rowsOf(`
no grants at all | scope {"grants":[]}
a grant that inherits everything | scope {"grants":[{"type":"http"}]}
a tool that inherits everything | scope {"grants":[{"type":"tool"}]}
no arguments | tool {"arguments":{}}
any arguments, written out | tool {"arguments":{"*":{"constraint_type":"wildcard"}}}
an argument called __proto__ | tool {"arguments":{"__proto__":{"constraint_type":"wildcard"}}}
an optional argument | argument {"constraint_type":"exact","value":null,"optional":true}
exact scalars | argument {"constraint_type":"any","constraints":[{"constraint_type":"exact","value":false}]}
an unbounded range (AAT §3.4) | argument {"constraint_type":"range"}
a range of one value | argument {"constraint_type":"range","min":1,"max":1}
open bounds | argument {"constraint_type":"range","min":0.5,"min_inclusive":false,"max":1,"max_inclusive":true}
lists that may be empty (AAT §3.4) | tool {"arguments":{"a":{"constraint_type":"not_one_of","excluded":[]},"b":{"constraint_type":"contains","required":[]},"c":{"constraint_type":"subset","allowed":[]}}}
values of any shape | argument {"constraint_type":"one_of","values":[{"a":[1,null]},[],"x",100000000000000000000]}
values as deep as allowed | argument {"constraint_type":"one_of","values":[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]}
a query map of texts | parameter {"constraint_type":"one_of","values":["1",""]}
a range over a query | parameter {"constraint_type":"range","max":10}
no query | http {"query":"none","body":"none"}
a body rule | http {"body":{"max_bytes":0,"media_types":["application/vnd.a+json"],"forbidden_fields":["é"],"fields":{}}}
an encoded slash with its flag | http {"paths":["/a%2Fb"],"encoded_slash":true}
methods of any token | http {"methods":["get","M-SEARCH","PROPFIND"]}
the largest limits | beside {"limits":{"ttl_seconds":14400,"max_uses":1000000000,"max_depth":16,"max_children":1000,"budgets":[{"unit":"USD","decimals":18,"amount":999999999999999}],"rate":{"requests":1000000000,"per_seconds":86400}}}
the smallest limits | beside {"limits":{"ttl_seconds":1,"max_uses":1,"max_depth":0,"max_children":0,"budgets":[],"rate":{"requests":1,"per_seconds":1}}}
the tops | beside {"limits":{"max_uses":"unlimited","rate":"unlimited"},"requires":{"attestation_max_age_seconds":"any"}}
the oldest evidence | beside {"requires":{"attestation_max_age_seconds":31536000,"attestation_min":"affirming"}}
nobody to delegate to | beside {"delegation":{"delegates":[]}}
as many budgets as allowed | beside {"limits":{"budgets":[{"unit":"U0","decimals":0,"amount":0},{"unit":"U1","decimals":0,"amount":0},{"unit":"U2","decimals":0,"amount":0},{"unit":"U3","decimals":0,"amount":0},{"unit":"U4","decimals":0,"amount":0},{"unit":"U5","decimals":0,"amount":0},{"unit":"U6","decimals":0,"amount":0},{"unit":"U7","decimals":0,"amount":0}]}}
an audience of printable ASCII | beside {"audiences":["urn:x!~"]}
`)
  const large: readonly (readonly [string, object])[] = [
    ['as many grants as allowed', { grants: times(64, () => ({ type: 'http' })) }],
    ['as many entries as allowed', http({ hosts: names(64) })],
    ['as many arguments as allowed', tool({ arguments: named(64) })],
    ['as many budgets as allowed', { grants: [], limits: { budgets: budgets(8) } }],
    ['texts as long as allowed', tool({ tool: 'x'.repeat(1_024) })],
    ['clauses as deep as allowed', argument(nest(16))],
    ['values as deep as allowed', oneOf(deep(16))],
  ]
  const documents = accepted.map(([name, cell = '']) => [name, documentOf(cell) as object] as const)
  it.each([...documents, ...large])('%s', (_name, document) => {
    const value = { type: 'urn:writ:scope:v1', ...document }
    expect(parseScopeRequest(document)).toEqual({ ok: true, value })
  })
})

describe('parseScopeRequest refuses', () => {
  it.each([null, [], 'scope', undefined, 1])('%j, which is no object', (document) => {
    const refused = { ok: false, pointer: '', detail: 'not an object' }
    expect(parseScopeRequest(document)).toEqual(refused)
  })

  const long = 'x'.repeat(1_025)
  const sixteen = (step: string) => `/grants/0/arguments/a${step.repeat(16)}`
  const beyond: readonly (readonly [string, unknown, string])[] = [
    ['/grants', { grants: times(65, () => ({ type: 'http' })) }, 'more than 64 entries'],
    ['/grants/0/hosts', http({ hosts: names(65) }), 'more than 64 entries'],
    ['/grants/0/arguments', tool({ arguments: named(65) }), 'more than 64 arguments'],
    ['/grants/0/arguments/a/values', oneOf(...times(65, (i) => i)), 'more than 64 entries'],
    ['/limits/budgets', { grants: [], limits: { budgets: budgets(9) } }, 'more than 8 entries'],
    ['/grants/0/paths/0', http({ paths: [`/${long}`] }), 'longer than 1024 characters'],
    ['/grants/0/tool', tool({ tool: long }), 'longer than 1024 characters'],
    ['/grants/0/arguments/a/value', exact(long), 'not a text'],
    ['/grants/0/arguments/a/values/0', oneOf(long), 'not a text'],
    [`/grants/0/arguments/a/values/0/${long}`, oneOf({ [long]: 1 }), 'not a member name'],
    [
      `/grants/0/arguments/${long}`,
      tool({ arguments: { [long]: wildcard } }),
      'not an argument name',
    ],
    [sixteen('/constraints/0'), argument(nest(17)), 'nested too deeply'],
    [`/grants/0/arguments/a/values/0${'/0'.repeat(16)}`, oneOf(deep(17)), 'nested too deeply'],
    [
      '',
      { grants: [], audiences: times(6, (i) => `${i}${'a'.repeat(999)}`) },
      'more than 5120 bytes',
    ],
  ]
  it.each(beyond)('%s: beyond a limit', (pointer, document, detail) => {
    expect(parseScopeRequest(document)).toEqual({ ok: false, pointer, detail })
  })

  const unsayable: readonly (readonly [string, unknown, string])[] = [
    [
      '/grants/0/body/forbidden_fields/0',
      http({ body: { forbidden_fields: ['\ud800'] } }),
      'not a field name',
    ],
    [
      '/grants/0/query/a/value',
      http({ query: { a: { constraint_type: 'exact', value: '\ud800' } } }),
      'not a text',
    ],
    ['/grants/0/tool', tool({ tool: 'a\u0000' }), 'not a tool name'],
    ['/grants/0/tool', tool({ tool: 'a\u0085' }), 'not a tool name'],
    [
      '/grants/0/arguments/\ud800',
      tool({ arguments: { '\ud800': wildcard } }),
      'not an argument name',
    ],
    ['/grants/0/arguments/a/value', exact(Number.NaN), 'not a number'],
    ['/grants/0/arguments/a/value', exact('\ud800'), 'not a text'],
    ['/grants/0/arguments/a/value', exact(1n), 'not JSON'],
    [
      '/grants/0/arguments/a/max',
      argument({ constraint_type: 'range', max: Infinity }),
      'not a number',
    ],
    ['/grants/0/arguments/a/values/0', oneOf(undefined), 'not JSON'],
    ['/grants/0/arguments/a/values/0/b', oneOf({ b: Number.NaN }), 'not a number'],
    ['/grants/0/arguments/a/values/0/\ud800', oneOf({ '\ud800': 1 }), 'not a member name'],
  ]
  it.each(unsayable)('%s: what JSON can not say', (pointer, document, detail) => {
    expect(parseScopeRequest(document)).toEqual({ ok: false, pointer, detail })
  })

  it('a scope that is too long in UTF-8 and would not be in characters', () => {
    const fields = (text: string) =>
      http({ body: { forbidden_fields: times(5, (i) => `${i}${text}`) } })
    expect(parseScopeRequest(fields('a'.repeat(900))).ok).toBe(true)
    expect(parseScopeRequest(fields('é'.repeat(900)))).toMatchObject({ pointer: '' })
  })

  it('a scope one byte longer than allowed, and not one at the limit', () => {
    const base = { type: 'urn:writ:scope:v1', grants: [], audiences: times(6, (i) => `${i}a`) }
    const spare = 5_120 - JSON.stringify(base).length
    const padded = (bytes: number) => ({
      ...base,
      audiences: base.audiences.map((a, i) => a + 'x'.repeat(i < 5 ? 900 : bytes - 4_500)),
    })
    expect(parseScopeRequest(padded(spare)).ok).toBe(true)
    expect(parseScopeRequest(padded(spare + 1))).toMatchObject({ detail: 'more than 5120 bytes' })
  })
})

describe('parseScope reads only what is explicit', () => {
  it('a complete scope, as it is', () => {
    expect(parseScope(PARENT)).toEqual({ ok: true, value: PARENT })
    expect(parseScope(JSON.parse(JSON.stringify(PARENT)))).toEqual({ ok: true, value: PARENT })
  })

  const [http0 = {}, tool0 = {}] = PARENT.grants
  const without = (object: object, name: string) =>
    Object.fromEntries(Object.entries(object).filter(([member]) => member !== name))
  const ofGrant = (grant: object) =>
    Object.keys(grant)
      .filter((name) => name !== 'type')
      .map((name) => [`/grants/0/${name}`, { ...PARENT, grants: [without(grant, name)] }] as const)
  const members = [
    ...Object.keys(PARENT).map((name) => [`/${name}`, without(PARENT, name)] as const),
    ...ofGrant(http0),
    ...ofGrant(tool0),
    ...(['limits', 'requires', 'delegation'] as const).flatMap((group) =>
      Object.keys(PARENT[group]).map((name) => {
        const document = { ...PARENT, [group]: without(PARENT[group], name) }
        return [`/${group}/${name}`, document] as const
      }),
    ),
  ]
  it.each(members)('lacking %s', (pointer, document) => {
    expect(parseScope(document)).toEqual({ ok: false, pointer, detail: 'missing' })
  })

  it('looked at every member of the example', () => {
    expect(members).toHaveLength(6 + 9 + 3 + 6 + 6 + 2)
  })

  it('an inherited path with %2F whose flag was turned off, and no audiences', () => {
    const grants = [{ ...http0, paths: ['/a%2Fb'], encoded_slash: false }]
    expect(parseScope({ ...PARENT, grants, audiences: [] }).ok).toBe(true)
  })

  it('nothing that a request may not say either', () => {
    const empty = { ...PARENT, grants: [{ ...http0, hosts: [] }] }
    expect(parseScope(empty)).toMatchObject({ pointer: '/grants/0/hosts' })
  })
})
