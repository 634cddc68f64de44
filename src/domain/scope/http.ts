import { isPrivateAddress } from './address.ts'
import type { Objection } from './argument-map.ts'
import { bodyWidenings, objectionToBody } from './body.ts'
import { hostCovers, hostMatches, isAddressLiteral } from './host.ts'
import { pathCovers, pathMatches } from './path.ts'
import { objectionToQuery, queryWidenings } from './query.ts'
import type { Target } from './target.ts'
import type { GrantRequest, HttpGrant, HttpRequestToJudge } from './types.ts'

type HttpGrantRequest = Extract<GrantRequest, { readonly type: 'http' }>
type Check = (
  grant: HttpGrant,
  request: HttpRequestToJudge,
  target: Target,
) => Objection | undefined

/** One check for each dimension, cheap ones first; together they are the conjunction of a grant. */
const CHECKS: readonly Check[] = [
  (grant, request) => unless(grant.methods.includes(request.method), METHOD),
  (grant, _request, target) => unless(grant.schemes.includes(target.scheme), SCHEME),
  (grant, _request, target) => unless(grant.ports.includes(target.port), PORT),
  (grant, _request, target) => unless(someHost(grant.hosts, target.host), HOST),
  (grant, _request, target) => unless(somePath(grant.paths, target.path), PATH),
  (grant, _request, target) => unless(grant.encoded_slash || !target.encodedSlash, SLASH),
  (grant, _request, target) => unless(grant.private_net || !isPrivate(target.host), PRIVATE),
  (grant, _request, target) => within('/target', objectionToQuery(grant.query, target.query)),
  (grant, request) => within('/body', objectionToBody(grant.body, request.body)),
]

/** Whether one grant covers a request whose target was split. */
export function httpPermits(
  grant: HttpGrant,
  request: HttpRequestToJudge,
  target: Target,
): boolean {
  for (const check of CHECKS) {
    if (check(grant, request, target) !== undefined) return false
  }
  return true
}

/** Each dimension in which a grant does not cover a request; pointers into the request. */
export function httpObjections(
  grant: HttpGrant,
  request: HttpRequestToJudge,
  target: Target,
): readonly Objection[] {
  return CHECKS.flatMap((check) => check(grant, request, target) ?? [])
}

/** Where a child grant is wider than a parent's; what it leaves out it inherits. */
export function httpWidenings(child: HttpGrantRequest, parent: HttpGrant): readonly Objection[] {
  return [
    ...entryWidenings('/schemes', child.schemes, parent.schemes, equal),
    ...entryWidenings('/hosts', child.hosts, parent.hosts, hostCovers),
    ...entryWidenings('/ports', child.ports, parent.ports, equal),
    ...entryWidenings('/methods', child.methods, parent.methods, equal),
    ...entryWidenings('/paths', child.paths, parent.paths, pathCovers),
    ...nested('/query', queryWidenings(child.query ?? parent.query, parent.query)),
    ...nested('/body', bodyWidenings(child.body ?? parent.body, parent.body)),
    ...flagWidenings('/private_net', child.private_net, parent.private_net),
    ...flagWidenings('/encoded_slash', child.encoded_slash, parent.encoded_slash),
  ]
}

/** The entries of a child's list that no entry of the parent's covers. */
export function entryWidenings<Entry>(
  pointer: string,
  child: readonly Entry[] | undefined,
  parent: readonly Entry[],
  covers: (parent: Entry, child: Entry) => boolean,
): readonly Objection[] {
  return (child ?? []).flatMap((entry, index) =>
    parent.some((above) => covers(above, entry))
      ? []
      : [{ pointer: `${pointer}/${index}`, detail: 'is not covered by an entry of the parent' }],
  )
}

function flagWidenings(pointer: string, child: boolean | undefined, parent: boolean): Objection[] {
  return child === true && !parent ? [{ pointer, detail: 'is off in the parent' }] : []
}

function nested(pointer: string, found: readonly Objection[]): readonly Objection[] {
  return found.map((objection) => ({ ...objection, pointer: pointer + objection.pointer }))
}

function equal<Entry>(parent: Entry, child: Entry): boolean {
  return parent === child
}

const METHOD: Objection = { pointer: '/method', detail: 'the method is not allowed' }
const SCHEME: Objection = { pointer: '/target', detail: 'the scheme is not allowed' }
const PORT: Objection = { pointer: '/target', detail: 'the port is not allowed' }
const HOST: Objection = { pointer: '/target', detail: 'the host is not allowed' }
const PATH: Objection = { pointer: '/target', detail: 'the path is not allowed' }
const SLASH: Objection = { pointer: '/target', detail: 'an encoded slash is not allowed' }
const PRIVATE: Objection = { pointer: '/target', detail: 'a private address is not allowed' }

function unless(holds: boolean, objection: Objection): Objection | undefined {
  return holds ? undefined : objection
}

function within(pointer: string, objection: Objection | undefined): Objection | undefined {
  return objection && { pointer, detail: objection.detail }
}

function someHost(patterns: readonly string[], host: string): boolean {
  for (const pattern of patterns) if (hostMatches(pattern, host)) return true
  return false
}

function somePath(patterns: readonly string[], path: string): boolean {
  for (const pattern of patterns) if (pathMatches(pattern, path)) return true
  return false
}

function isPrivate(host: string): boolean {
  return isAddressLiteral(host) && isPrivateAddress(host)
}
