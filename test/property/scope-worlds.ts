import fc from 'fast-check'
import { canonicalJson } from '../../src/domain/json.ts'
import type {
  ArgumentConstraint,
  ArgumentMap,
  BodyRule,
  Grant,
  HttpGrant,
  HttpRequestToJudge,
  Json,
  RequestToJudge,
  Scope,
  ScopeLimits,
  ScopeRequires,
  ToolGrant,
} from '../../src/domain/scope/types.ts'

/**
 * A small world: pools so small that scopes drawn from them are often comparable, and requests drawn
 * from them are often permitted.
 */
export const HOSTS = ['a.ex.org', 'b.a.ex.org', '*.ex.org', '**.ex.org', '*.a.ex.org', '8.8.8.8']
export const PATHS = [
  '/',
  '/a',
  '/a/',
  '/a/b',
  '/*',
  '/a/*',
  '/*/b',
  '/a/**',
  '/**',
  '/a/*/c',
  '/x%2Fy',
]
const METHODS = ['GET', 'HEAD', 'POST', 'DELETE']
const AGENTS = ['spiffe://ex.org/agent/a', 'spiffe://ex.org/agent/**', 'spiffe://ex.org/**']
const AUDIENCES = ['https://one.example', 'https://two.example', 'urn:three']

const someOf = <T>(pool: readonly T[]) =>
  fc.subarray([...pool], { minLength: 1, maxLength: Math.min(3, pool.length) })
const oneOf = <T>(pool: readonly T[]) => fc.constantFrom(...pool)

const scalar: fc.Arbitrary<Json> = oneOf<Json>([0, 1, 2, 'a', 'b', true, null])
const text: fc.Arbitrary<Json> = oneOf<Json>(['0', '1', 'a', 'b'])

function constraintOf(value: fc.Arbitrary<Json>, lists: boolean): fc.Arbitrary<ArgumentConstraint> {
  const values = fc.uniqueArray(value, { minLength: 1, maxLength: 3, selector: canonicalJson })
  const flat: fc.Arbitrary<ArgumentConstraint>[] = [
    fc.constant({ constraint_type: 'wildcard' }),
    value.map((exact) => ({ constraint_type: 'exact', value: exact })),
    fc.tuple(oneOf([0, 1]), oneOf([0, 1, 2]), fc.boolean()).map(([min, more, max_inclusive]) => ({
      constraint_type: 'range',
      min,
      max: min + more,
      max_inclusive,
    })),
    fc.constant({ constraint_type: 'range', max: 1 }),
    values.map((list) => ({ constraint_type: 'one_of', values: list })),
    values.map((list) => ({ constraint_type: 'not_one_of', excluded: list })),
  ]
  if (lists) {
    flat.push(
      values.map((required) => ({ constraint_type: 'contains', required })),
      values.map((allowed) => ({ constraint_type: 'subset', allowed })),
    )
  }
  const leaf = fc.oneof(...flat)
  const clauses = fc.array(leaf, { minLength: 1, maxLength: 3 })
  return fc.oneof(
    { arbitrary: leaf, weight: 4 },
    clauses.map((constraints): ArgumentConstraint => ({ constraint_type: 'all', constraints })),
    clauses.map((constraints): ArgumentConstraint => ({ constraint_type: 'any', constraints })),
  )
}

function mapOf(constraint: fc.Arbitrary<ArgumentConstraint>): fc.Arbitrary<ArgumentMap> {
  const standing = fc.option(
    fc
      .tuple(constraint, fc.boolean())
      .map(([c, optional]): ArgumentConstraint => (optional ? { ...c, optional } : c)),
    { nil: undefined },
  )
  return fc.tuple(standing, standing, fc.boolean()).map(([p, q, rest]) => ({
    ...(p && { p }),
    ...(q && { q }),
    ...(rest && { '*': { constraint_type: 'wildcard' as const } }),
  }))
}

const jsonMap = mapOf(constraintOf(scalar, true))
const textMap = mapOf(constraintOf(text, false))

const bodyRule: fc.Arbitrary<BodyRule> = fc
  .record(
    {
      max_bytes: oneOf([0, 8, 64]),
      media_types: someOf(['application/json', 'text/plain']),
      forbidden_fields: someOf(['p', 'r']),
      fields: jsonMap,
    },
    { requiredKeys: [] },
  )
  .filter((rule) => Object.keys(rule).length > 0)

const httpGrant: fc.Arbitrary<HttpGrant> = fc.record({
  type: fc.constant('http' as const),
  schemes: someOf(['https', 'http']),
  hosts: someOf(HOSTS),
  ports: someOf([443, 80, 8443]),
  methods: someOf(METHODS),
  paths: someOf(PATHS),
  query: fc.oneof(fc.constant('any' as const), fc.constant('none' as const), textMap),
  body: fc.oneof(fc.constant('any' as const), fc.constant('none' as const), bodyRule),
  private_net: fc.boolean(),
  encoded_slash: fc.boolean(),
})

const toolGrant: fc.Arbitrary<ToolGrant> = fc.record({
  type: fc.constant('tool' as const),
  server: oneOf(['https://mcp.example', 'https://other.example']),
  tool: oneOf(['search', 'Search']),
  arguments: jsonMap,
})

/** One grant, every dimension explicit. */
export const grant: fc.Arbitrary<Grant> = fc.oneof(httpGrant, toolGrant)

const limits: fc.Arbitrary<ScopeLimits> = fc.record({
  ttl_seconds: oneOf([60, 600]),
  max_uses: oneOf<number | 'unlimited'>([1, 100, 'unlimited']),
  max_depth: oneOf([0, 3]),
  max_children: oneOf([0, 10]),
  budgets: fc.uniqueArray(
    fc.record({ unit: oneOf(['USD', 'token']), decimals: oneOf([0, 2]), amount: oneOf([5, 50]) }),
    { selector: ({ unit }) => unit, maxLength: 2 },
  ),
  rate: fc.oneof(
    fc.constant('unlimited' as const),
    fc.record({ requests: oneOf([1, 60]), per_seconds: oneOf([1, 60]) }),
  ),
})

const requires: fc.Arbitrary<ScopeRequires> = fc.record({
  approval: fc.boolean(),
  attestation_min: oneOf(['none', 'warning', 'affirming'] as const),
  attestation_max_age_seconds: oneOf<number | 'any'>([60, 3600, 'any']),
  dpop: fc.boolean(),
  bind_request: fc.boolean(),
  read_only: fc.boolean(),
})

/** A complete scope of at most three grants. */
export const scope: fc.Arbitrary<Scope> = fc.record({
  type: fc.constant('urn:writ:scope:v1' as const),
  grants: fc.array(grant, { maxLength: 3 }),
  audiences: someOf(AUDIENCES),
  limits,
  requires,
  delegation: fc.record({ allowed: fc.boolean(), delegates: fc.subarray(AGENTS) }),
})

/**
 * A scope that takes from another some members as they are and draws the others anew, so that being
 * within is neither rare nor sure.
 */
export function near(above: Scope): fc.Arbitrary<Scope> {
  const kept = fc.array(fc.boolean(), { minLength: 20, maxLength: 20 })
  return fc.tuple(scope, kept, fc.array(grant, { maxLength: 1 })).map(([drawn, keep, extra]) => {
    const grants = above.grants.map((held, index) => {
      const other = drawn.grants[index]
      return other?.type === held.type ? mix(held, other, keep) : held
    })
    return {
      ...mix(above, drawn, keep),
      grants: keep[19] === true ? grants : [...grants.slice(1), ...extra.filter(() => keep[18])],
      limits: mix(above.limits, drawn.limits, keep),
      requires: mix(above.requires, drawn.requires, keep),
    }
  })
}

/** Members of `held`, a few of them exchanged for those of `other`. */
function mix<T extends object>(held: T, other: T, keep: readonly boolean[]): T {
  const mixed = { ...held }
  Object.keys(held).forEach((name, index) => {
    const member = name as keyof T
    const exchanged = keep[index % 20] === true && keep[(index + 7) % 20] === true
    if (exchanged && name !== 'type') mixed[member] = other[member]
  })
  return mixed
}

const target = fc
  .tuple(
    oneOf(['https://', 'https://', 'http://']),
    oneOf(['a.ex.org', 'b.ex.org', 'b.a.ex.org', 'ex.org', '8.8.8.8', '10.0.0.1']),
    oneOf(['', '', ':443', ':80', ':8443']),
    oneOf(['/', '/a', '/a/', '/a/b', '/b/b', '/a/b/c', '/a/x/c/', '/x%2Fy', '/a/%2e', '/a;b']),
    oneOf(['', '', '?', '?p=1', '?p=a&q=0', '?z=1', '?p=1&p=1', '?p=%61']),
  )
  .map((parts) => parts.join(''))

const body = fc
  .tuple(oneOf(['application/json', 'text/plain']), jsonTexts())
  .map(([media_type, content]) => ({ media_type, bytes: content.length, text: content }))

function jsonTexts(): fc.Arbitrary<string> {
  return oneOf(['', '{}', '{"p":1}', '{"p":"a","q":0}', '{"r":{"P":1}}', '[1]', 'no', '{"z":1}'])
}

const values = fc.oneof(scalar, fc.constantFrom<Json>([0], [0, 1], ['a']))

const calledWith = fc.record({ p: values, q: values, z: values }, { requiredKeys: [] })

/** A request near the patterns of the world. */
export const request: fc.Arbitrary<RequestToJudge> = fc.oneof(
  fc
    .tuple(oneOf(METHODS), target, fc.option(body, { nil: undefined }))
    .map(([method, raw, sent]) => httpRequest(method, raw, sent)),
  fc.record({
    type: fc.constant('tool' as const),
    server: oneOf(['https://mcp.example', 'https://other.example']),
    tool: oneOf(['search', 'Search']),
    arguments: calledWith,
  }),
)

/** A request made from the patterns of one grant, so that it is permitted or almost. */
export function requestFor(held: Grant): fc.Arbitrary<RequestToJudge> {
  if (held.type === 'tool') {
    const { server, tool } = held
    return calledWith.map((given) => ({ type: 'tool', server, tool, arguments: given }))
  }
  const query = oneOf(['', '', '?p=1', '?p=a', '?p=0&q=a', '?q=b&z=1'])
  return fc
    .tuple(
      fc.tuple(oneOf(held.methods), oneOf(held.schemes), oneOf(held.hosts), oneOf(held.ports)),
      fc.tuple(oneOf(held.paths), oneOf(['b', 'a', 'c']), oneOf(['', 'b', 'a/c']), query, body),
    )
    .map(([[method, scheme, host, port], [path, one, more, asked, sent]]) => {
      const name = host.replace('**.', `${one}.d.`).replace('*.', `${one}.`)
      const raw = path.replace('**', more).replaceAll('*', one)
      return httpRequest(method, `${scheme}://${name}:${port}${raw}${asked}`, sent)
    })
}

function httpRequest(
  method: string,
  raw: string,
  sent: HttpRequestToJudge['body'],
): HttpRequestToJudge {
  return { type: 'http', method, target: raw, ...(sent && { body: sent }) }
}
