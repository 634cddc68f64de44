import { bodyWidenings } from './body.ts'
import { hostCovers } from './host.ts'
import { pathMeet } from './path.ts'
import { queryWidenings } from './query.ts'
import { toolWidenings } from './tool.ts'
import type { Grant, GrantRequest, HttpGrant, ToolGrant } from './types.ts'

/**
 * A grant as wide as two grants together allow, but for the dimensions the request names: those
 * stay as asked, which the caller has found to be within both. Undefined when the two have nothing
 * in common, or nothing that one grant can say (two different query maps, say).
 */
export function intersectGrant(asked: GrantRequest, a: Grant, b: Grant): Grant | undefined {
  if (a.type === 'tool') return b.type === 'tool' ? intersectTool(asked, a, b) : undefined
  return b.type === 'http' ? intersectHttp(asked, a, b) : undefined
}

function intersectHttp(asked: GrantRequest, a: HttpGrant, b: HttpGrant): HttpGrant | undefined {
  const common = {
    type: 'http',
    schemes: shared(a.schemes, b.schemes),
    hosts: shared(a.hosts, b.hosts, hostCovers),
    ports: shared(a.ports, b.ports),
    methods: shared(a.methods, b.methods),
    paths: sharedPaths(a.paths, b.paths),
    private_net: a.private_net && b.private_net,
    encoded_slash: a.encoded_slash && b.encoded_slash,
  }
  const query = narrower(a.query, b.query, (x, y) => queryWidenings(x, y).length === 0)
  const body = narrower(a.body, b.body, (x, y) => bodyWidenings(x, y).length === 0)
  if (query === undefined || body === undefined) return undefined
  const grant = { ...common, query, body, ...asked } as HttpGrant
  const { schemes, hosts, ports, methods, paths } = grant
  const lists: readonly (readonly unknown[])[] = [schemes, hosts, ports, methods, paths]
  return lists.some((list) => list.length === 0) ? undefined : grant
}

function intersectTool(asked: GrantRequest, a: ToolGrant, b: ToolGrant): ToolGrant | undefined {
  const grant = narrower(a, b, (x, y) => toolWidenings(x, y).length === 0)
  return grant && ({ ...grant, ...asked } as ToolGrant)
}

/** The one of two values that is within the other. */
function narrower<T>(a: T, b: T, within: (inner: T, outer: T) => boolean): T | undefined {
  if (within(a, b)) return a
  return within(b, a) ? b : undefined
}

/**
 * The entries of either list that the other covers. Exact for values and host patterns, two of
 * which are either disjoint or one within the other.
 */
export function shared<Entry>(
  a: readonly Entry[],
  b: readonly Entry[],
  covers: (outer: Entry, inner: Entry) => boolean = (outer, inner) => outer === inner,
): readonly Entry[] {
  const ofA = a.filter((entry) => b.some((other) => covers(other, entry)))
  const ofB = b.filter((entry) => a.some((other) => covers(other, entry)))
  return [...new Set([...ofA, ...ofB])]
}

function sharedPaths(a: readonly string[], b: readonly string[]): readonly string[] {
  const met = a.flatMap((path) => b.flatMap((other) => pathMeet(path, other) ?? []))
  return [...new Set(met)]
}
