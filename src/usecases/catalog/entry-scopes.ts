import { type Reason, type Refusal, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { sharedGrants } from '../../domain/scope/meet.ts'
import { parseScopeRequest } from '../../domain/scope/parse.ts'
import { within } from '../../domain/scope/subset.ts'
import {
  type GrantRequest,
  type HttpGrant,
  SCOPE_TYPE,
  type Scope,
} from '../../domain/scope/types.ts'
import type { AskedScope, ServedRoute } from './catalog.ts'

/** `GET /repos/acme/**`: a method and a path pattern behind the route. */
const PART = /^([A-Z]{1,20}) (\/[\x21-\x7e]{0,1000})$/

/**
 * What a scope holds of a route: its grants, cut to the route's upstream. Empty when the scope does
 * not name the route's resource or covers nothing of it.
 */
export function coveredGrants(route: ServedRoute, scope: Scope): readonly HttpGrant[] {
  if (!scope.audiences.includes(route.resource)) return []
  const http = scope.grants.filter((grant) => grant.type === 'http')
  const methods = [...new Set(http.flatMap((grant) => grant.methods))]
  if (methods.length === 0) return []
  const whole: Scope = { ...scope, grants: [wholeOf(route, methods)] }
  return sharedGrants(http, whole).filter((grant) => grant.type === 'http')
}

/** Each method and path of grants alone, at most `max` of them. */
export function partsOf(grants: readonly HttpGrant[], max: number): readonly HttpGrant[] {
  return grants
    .flatMap((grant) =>
      grant.paths.flatMap((path) =>
        grant.methods.map((method) => ({ ...grant, methods: [method], paths: [path] })),
      ),
    )
    .slice(0, max)
}

/** The names of what may be asked for of a route, within the grants an agent has there. */
export function availableScopes(
  route: ServedRoute,
  covered: readonly HttpGrant[],
  contract: Scope,
): readonly string[] {
  const ceiling: Scope = { ...contract, grants: covered }
  const named = Object.keys(route.scopes).filter((name) => {
    const grants = grantsOf(route, name)
    return grants !== undefined && within({ type: SCOPE_TYPE, grants }, ceiling).within
  })
  const parts = covered.flatMap(({ methods, paths }) =>
    paths.flatMap((path) => methods.map((method) => `${method} ${behind(route, path)}`)),
  )
  return [...new Set([...named, ...parts])]
}

/**
 * The scope request of what is asked of a service: its named scopes and `METHOD /path` parts, or
 * all that the contract has there. Refuses `scope_not_granted`, with the places, what the service
 * has no such scope for; whether the agent may have it is judged when it is granted.
 */
export function askedScope(
  route: ServedRoute,
  covered: readonly HttpGrant[],
  scopes: readonly string[],
): Result<AskedScope> {
  const audiences = [route.resource]
  if (scopes.length === 0) {
    const request = { type: SCOPE_TYPE, grants: covered, audiences } as const
    return accept({ request, named: [] })
  }
  const unknown: Reason[] = []
  const grants: GrantRequest[] = []
  const named: string[] = []
  for (const [index, scope] of scopes.entries()) {
    const found = grantsOf(route, scope)
    if (found === undefined) unknown.push(noScope(index))
    for (const grant of found ?? []) {
      grants.push(grant)
      named.push(scope)
    }
  }
  if (unknown.length > 0) return refuse('scope_not_granted', {}, unknown)
  const parsed = parseScopeRequest({ type: SCOPE_TYPE, grants, audiences })
  if (!parsed.ok) return refuse('scope_not_granted', {}, [noScope(0)])
  return accept({ request: parsed.value, named })
}

/** Reasons that point at grants we made of scopes, pointed at those scopes instead. */
export function atScopes<T>(
  result: Result<T>,
  { named }: Pick<AskedScope, 'named'>,
  scopes: readonly string[],
): Result<T> {
  if (result.ok) return result
  const { reasons } = result.refusal
  const pointed = reasons.map((reason) => {
    const index = /^\/grants\/(\d{1,4})(?:\/|$)/.exec(reason.pointer)?.[1]
    if (index === undefined) return reason
    const place = scopes.indexOf(named[Number(index)] ?? '')
    return { ...reason, pointer: place < 0 ? '/scopes' : `/scopes/${place}` }
  })
  const refusal: Refusal = { ...result.refusal, reasons: pointed }
  return { ok: false, refusal }
}

/** The grants of one scope by its name, or of a part as it is written; undefined for neither. */
function grantsOf(route: ServedRoute, scope: string): readonly GrantRequest[] | undefined {
  const parts = Object.hasOwn(route.scopes, scope) ? (route.scopes[scope] ?? []) : [scope]
  const grants: GrantRequest[] = []
  for (const part of parts) {
    const [, method = '', path = ''] = PART.exec(part) ?? []
    if (method === '') return undefined
    const { methods: _all, paths: _paths, ...place } = placeOf(route)
    const grant = { ...place, methods: [method], paths: [`${route.basePath}${path}`] }
    const parsed = parseScopeRequest({ type: SCOPE_TYPE, grants: [grant] })
    if (!parsed.ok) return undefined
    grants.push(...parsed.value.grants)
  }
  return grants
}

function placeOf(
  route: ServedRoute,
): Pick<HttpGrant, 'type' | 'schemes' | 'hosts' | 'ports'> &
  Partial<Pick<HttpGrant, 'methods' | 'paths'>> {
  const { protocol, hostname, port } = new URL(route.origin)
  return {
    type: 'http',
    schemes: [protocol.slice(0, -1)],
    hosts: [hostname],
    ports: [Number(port || (protocol === 'https:' ? 443 : 80))],
  }
}

/** Everything behind a route. */
function wholeOf(route: ServedRoute, methods: readonly string[]): HttpGrant {
  const { basePath } = route
  const own = basePath === '' ? '/' : basePath
  return {
    ...placeOf(route),
    methods,
    paths: [own, `${basePath}/**`],
    query: 'any',
    body: 'any',
    private_net: true,
    encoded_slash: true,
  }
}

function behind({ basePath }: ServedRoute, path: string): string {
  const rest = path.startsWith(basePath) ? path.slice(basePath.length) : path
  return rest === '' ? '/' : rest
}

function noScope(index: number): Reason {
  const detail = 'The service has no such scope: a name it lists, or METHOD /path.'
  return { pointer: `/scopes/${index}`, code: 'scope_not_granted', detail }
}
