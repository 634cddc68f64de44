/** What protocols that name services call a route, and the parts of it that have names. */
export interface RouteOffer {
  /** `^[a-zA-Z0-9._/-]+$`; the route's name unless it says another. */
  readonly service: string
  /** Names of scopes, each a list of `METHOD /path` behind the route. */
  readonly scopes: Readonly<Record<string, readonly string[]>>
}

const SERVICE = /^[a-zA-Z0-9._/-]{1,128}$/
const SCOPE = /^[a-zA-Z0-9._:/-]{1,128}$/
const PART = /^[A-Z]{1,20} \/[\x21-\x7e]{0,1000}$/
const PARTS_MAX = 64

/** Reads `service` and `scopes` of a route, or says what is wrong with them. */
export function readOffer(
  fields: Readonly<Record<string, unknown>>,
  name: string,
): RouteOffer | string {
  const { service = name, scopes = {} } = fields
  if (typeof service !== 'string' || !SERVICE.test(service)) {
    return 'service has to be 1 to 128 letters, digits, dots, slashes, hyphens and underscores.'
  }
  if (typeof scopes !== 'object' || scopes === null || Array.isArray(scopes)) {
    return 'scopes has to be a table of names, each with a list of "METHOD /path".'
  }
  const read: Record<string, readonly string[]> = {}
  for (const [scope, parts] of Object.entries(scopes)) {
    const list = Array.isArray(parts) && parts.length > 0 && parts.length <= PARTS_MAX
    const whole = list && parts.every((part) => typeof part === 'string' && PART.test(part))
    if (!SCOPE.test(scope) || !whole) {
      return 'scopes has to be a table of names, each with a list of "METHOD /path".'
    }
    read[scope] = parts
  }
  return { service, scopes: read }
}
