import { isIP } from 'node:net'
import { ENTRY_NAME } from '../domain/entry-name.ts'
import { DETACHED_STALE_SECONDS_DEFAULT, DETACHED_STALE_SECONDS_MAX } from '../domain/limits.ts'
import type { PriceTable } from '../domain/price.ts'
import type { Cost } from '../domain/redemption.ts'
import { parseCosts } from '../domain/scope/parse-bounds.ts'
import { readEntries, type TomlFile } from '../toml.ts'
import { type HeaderRules, headerRules } from './header-rules.ts'
import { type RouteInjection, readInjection } from './injection/route-injection.ts'
import { readPriceTable } from './price-table.ts'
import { type RouteOffer, readOffer } from './route-offer.ts'

/**
 * Who decides about the calls of a route. `authority`: the store redeems, whichever way it is
 * reached. `detached`: this gateway alone, by what it knows of revocations, which may be as old as
 * `maxStaleSeconds` and no older, and by its own ledger.
 */
export type RouteMode =
  | { readonly kind: 'authority' }
  | { readonly kind: 'detached'; readonly maxStaleSeconds: number }

/** One protected resource: a name at the gateway and the upstream behind it. */
export interface Route extends RouteInjection, RouteOffer {
  readonly name: string
  /** Scheme, host and port of the upstream, canonical: `https://api.github.com`. */
  readonly origin: string
  /** The upstream's name, where each tree keeps the addresses it first had; else undefined. */
  readonly pinnedHost: string | undefined
  /** Empty, or a path without a slash at its end. */
  readonly basePath: string
  /** The audience a call token for this route names. */
  readonly resource: string
  /** Whether requests may become WebSockets. */
  readonly webSocket: boolean
  readonly headers: HeaderRules
  readonly mode: RouteMode
  /** What each call costs; empty when calls cost nothing that anybody counts. */
  readonly costs: readonly Cost[]
  /** Prices of the models behind it; absent when calls are not measured. */
  readonly prices?: PriceTable
  /** The status of `budget_exhausted`: 402, or 429 for clients that know of no other. */
  readonly budgetStatus: 402 | 429
}

/** Routes by name. */
export type RouteTable = ReadonlyMap<string, Route>

/** A route table, or the sentence that says what is wrong and where. */
export type ReadRoutes =
  | { readonly ok: true; readonly routes: RouteTable }
  | { readonly ok: false; readonly problem: string }

const RESOURCE = /^[a-zA-Z][a-zA-Z0-9+.-]*:[\x21\x23-\x5b\x5d-\x7e]{1,1000}$/
const BASE_PATH = /^(?:\/[A-Za-z0-9._~-]+)*$/
const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)$/
const KEYS: readonly string[] = [
  'name',
  'upstream',
  'resource',
  'headers',
  'cost',
  'prices',
  'budget_status',
  'credential',
  'environment',
  'dns',
  'websocket',
  'mode',
  'response',
  'max_stale_seconds',
  'service',
  'scopes',
]

/**
 * Reads the routes of a gateway from TOML: any number of
 *
 * ```toml
 * [[route]]
 * name = "github"                                  # first segment at the gateway
 * upstream = "https://api.github.com"              # origin, may have a base path
 * resource = "https://gateway.example:9443/github" # audience of its tokens
 * headers = ["x-github-*"]                         # passed both ways beside the usual ones
 * cost = [{ unit = "USD", decimals = 2, amount = 1 }] # what each call takes of budgets
 * budget_status = 429                              # of an exhausted budget, else 402
 * credential = "github"                        # put into each request: docs/subjects/injection.md
 * environment = "staging"                          # of the credential; else "production"
 * response = ["no-store", "no-model"]              # told to the agent with each answer
 * websocket = true                               # see docs/subjects/streams.md
 * dns = "dynamic"                                  # else "pinned", see docs/subjects/streams.md
 * mode = "detached"                                # else "authority", see RouteMode
 * max_stale_seconds = 5                            # only with mode = "detached"
 * service = "github.com/api"                       # what CRP calls it; else the name
 * scopes = { issues = ["GET /repos/**"] }          # names for parts of it
 * ```
 *
 * Strict: an unknown key, a name used twice or an upstream that is not in its one canonical
 * spelling is refused with the file and the reason. Touches no disk: the text is handed in.
 */
export function readRouteTable(file: TomlFile): ReadRoutes {
  const refused = (problem: string): ReadRoutes => ({ ok: false, problem })
  const read = readEntries(file, 'route')
  if (!read.ok) return read
  const routes = new Map<string, Route>()
  for (const [index, entry] of read.entries.entries()) {
    const place = `${file.name}: route ${index + 1}`
    const route = readRoute(entry)
    if (typeof route === 'string') return refused(`${place}: ${route}`)
    if (routes.has(route.name)) return refused(`${place}: the name ${route.name} is taken.`)
    const taken = [...routes.values()].some(({ service }) => service === route.service)
    if (taken) return refused(`${place}: the service ${route.service} is taken.`)
    const other = twoMemories(route, routes.values())
    if (other !== undefined) return refused(`${place}: ${other}`)
    routes.set(route.name, route)
  }
  return { ok: true, routes }
}

/** A token of one resource has to be spent in one memory, or it could be spent in each (I7). */
function twoMemories(route: Route, others: Iterable<Route>): string | undefined {
  for (const { name, resource, mode } of others) {
    if (resource === route.resource && mode.kind !== route.mode.kind) {
      return `resource is that of route ${name}, so mode has to be the same.`
    }
  }
  return undefined
}

function readRoute(entry: unknown): Route | string {
  if (typeof entry !== 'object' || entry === null) return 'write routes as [[route]].'
  const fields = entry as Readonly<Record<string, unknown>>
  const unknown = Object.keys(fields).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) return `there is no key ${unknown}.`
  const { name, upstream, resource } = fields
  if (typeof name !== 'string' || !ENTRY_NAME.test(name)) {
    return 'name has to be 1 to 64 lowercase letters, digits and inner hyphens.'
  }
  if (typeof resource !== 'string' || !RESOURCE.test(resource)) {
    return 'resource has to be the absolute URI that tokens name as their audience.'
  }
  const place = readUpstream(upstream)
  if (typeof place === 'string') return place
  const headers = headerRules(fields['headers'] ?? [])
  if (typeof headers === 'string') return headers
  const mode = readMode(fields)
  if (typeof mode === 'string') return mode
  const costs = parseCosts(fields['cost'] ?? [])
  if (!costs.ok) return `cost${costs.pointer}: ${costs.detail}.`
  if (mode.kind === 'detached' && costs.value.length > 0) {
    return 'cost needs mode = "authority": budgets are counted by the authority alone.'
  }
  const prices = readPriceTable(fields['prices'], costs.value)
  if (typeof prices === 'string') return prices
  if (mode.kind === 'detached' && prices !== undefined) {
    return 'prices need mode = "authority": budgets are counted by the authority alone.'
  }
  const measured = prices === undefined ? {} : { prices }
  const budgetStatus = fields['budget_status'] ?? 402
  if (budgetStatus !== 402 && budgetStatus !== 429) return 'budget_status has to be 402 or 429.'
  const pin = readPin(fields['dns'] ?? 'pinned', place.origin)
  if (typeof pin === 'string') return pin
  const webSocket = fields['websocket'] ?? false
  if (typeof webSocket !== 'boolean') return 'websocket has to be true or false.'
  if (webSocket && mode.kind === 'detached') {
    return 'websocket needs mode = "authority": messages are counted by the authority alone.'
  }
  const more = readInjection(fields, mode)
  if (typeof more === 'string') return more
  const service = readOffer(fields, name)
  if (typeof service === 'string') return service
  return {
    name,
    resource,
    ...place,
    ...pin,
    webSocket,
    headers,
    mode,
    costs: costs.value,
    ...measured,
    budgetStatus,
    ...more,
    ...service,
  }
}

function readPin(dns: unknown, origin: string): Pick<Route, 'pinnedHost'> | string {
  if (dns !== 'pinned' && dns !== 'dynamic') return 'dns has to be "pinned" or "dynamic".'
  const { hostname } = new URL(origin)
  const isName = !hostname.startsWith('[') && isIP(hostname) === 0
  return { pinnedHost: isName && dns === 'pinned' ? hostname : undefined }
}

function readMode(fields: Readonly<Record<string, unknown>>): RouteMode | string {
  const { mode = 'authority', max_stale_seconds: stale } = fields
  if (mode === 'authority') {
    if (stale === undefined) return { kind: mode }
    return 'max_stale_seconds goes with mode = "detached"; the authority is never stale.'
  }
  if (mode !== 'detached') return 'mode has to be "authority" or "detached".'
  const seconds = stale ?? DETACHED_STALE_SECONDS_DEFAULT
  const fits = Number.isInteger(seconds) && Number(seconds) >= 1
  if (!fits || Number(seconds) > DETACHED_STALE_SECONDS_MAX) {
    return `max_stale_seconds has to be a whole number from 1 to ${DETACHED_STALE_SECONDS_MAX}.`
  }
  return { kind: mode, maxStaleSeconds: Number(seconds) }
}

/** Canonical or refused: what a URL parser would repair is not taken. */
function readUpstream(upstream: unknown): { origin: string; basePath: string } | string {
  const wanted = 'upstream has to be'
  if (typeof upstream !== 'string' || !URL.canParse(upstream)) return `${wanted} a URL.`
  const { protocol, hostname, origin } = new URL(upstream)
  if (protocol !== 'https:' && protocol !== 'http:') return `${wanted} an http or https URL.`
  const basePath = upstream.slice(origin.length)
  const exact = upstream.startsWith(origin) && BASE_PATH.test(basePath) && HOST.test(hostname)
  const dotted = basePath.split('/').some((segment) => segment === '.' || segment === '..')
  if (!exact || dotted) {
    return `${wanted} ${origin} and a plain path, without user, default port, query or final slash.`
  }
  return { origin, basePath }
}
