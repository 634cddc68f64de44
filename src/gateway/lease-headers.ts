import type { IncomingMessage } from 'node:http'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { Route, RouteTable } from './route-table.ts'

/** A call with a lease token of CDP. Nothing of it is verified. */
export interface LeaseCall {
  /** As the text of a handle: `cdp_lt_` and hex. */
  readonly token: string
  /** The channel binding as it came; undefined when there is none. */
  readonly binding: string | undefined
  /** `/route/rest` of the URL the call means; undefined: its address names the route. */
  readonly target: string | undefined
}

const TOKEN = 'x-cdp-lease-token'
const BINDING = 'x-cdp-channel-binding'
const ORIGINAL = 'x-cdp-original-url'
const HEADERS: readonly string[] = [TOKEN, BINDING, ORIGINAL]
const LEASE_TOKEN = /^(?:cdp_lt_)?([0-9a-f]{64})$/
/** The address that CDP writes into a grant, whatever URL is meant. */
const PROXY_PATH = '/cdp/proxy'

/**
 * Reads the headers of CDP's proxy (CDPX-12); undefined when there is no lease token. Where the
 * meant URL is named, the address has to be that of the proxy or the very path of that URL: no two
 * readers can take the call for two. Refusals: `malformed` for a header that comes twice or an
 * address that says something else, `unauthenticated` for a token of another form, `not_found` for
 * a URL behind no route, or behind two.
 */
export function readLeaseCall(
  request: Pick<IncomingMessage, 'rawHeaders' | 'url'>,
  routes: RouteTable,
): Result<LeaseCall> | undefined {
  const found = new Map<string, string>()
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = (request.rawHeaders[index] ?? '').toLowerCase()
    if (!HEADERS.includes(name)) continue
    if (found.has(name)) return refuse('malformed', { header: name, times: 2 })
    found.set(name, request.rawHeaders[index + 1] ?? '')
  }
  const text = found.get(TOKEN)
  if (text === undefined) return undefined
  const hex = LEASE_TOKEN.exec(text)?.[1]
  if (hex === undefined) return refuse('unauthenticated', { header: TOKEN })
  const token = `cdp_lt_${hex}`
  const binding = found.get(BINDING)
  const original = found.get(ORIGINAL)
  if (original === undefined) return accept({ token, binding, target: undefined })
  const target = targetOf(original, request.url ?? '', routes)
  return target.ok ? accept({ token, binding, target: target.value }) : target
}

function targetOf(original: string, address: string, routes: RouteTable): Result<string> {
  const [route, ...others] = routesBehind(original, routes)
  if (route === undefined || others.length > 0) return refuse('not_found', { url: 'no one route' })
  const path = original.slice(route.origin.length)
  if (address !== PROXY_PATH && address !== path) {
    return refuse('malformed', { header: ORIGINAL, address: 'another' })
  }
  return accept(`/${route.name}${path.slice(route.basePath.length)}`)
}

/** The routes that begin as the URL does; of several bases the longest. */
function routesBehind(url: string, routes: RouteTable): readonly Route[] {
  const baseOf = ({ origin, basePath }: Route) => `${origin}${basePath}/`
  const behind = [...routes.values()].filter((route) => url.startsWith(baseOf(route)))
  const longest = Math.max(0, ...behind.map((route) => baseOf(route).length))
  return behind.filter((route) => baseOf(route).length === longest)
}
