import type { Route, RouteTable } from '../gateway/route-table.ts'
import type { Config } from '../settings/config.ts'
import { Catalog, type ServedRoute } from '../usecases/catalog/catalog.ts'

/**
 * The services behind the routes of a configuration. Where they are reached says a setting, or a
 * gateway of this process once it listens.
 */
export function openCatalog(config: Config, routes: RouteTable): Catalog {
  const { 'gateway.public_url': gateway, 'gateway.handles_url': handles } = config
  return new Catalog([...routes.values()].map(servedRoute), {
    gateway: gateway === '' ? undefined : gateway,
    handles: handles === '' ? undefined : handles,
  })
}

/** A route as far as who issues leases has to know it. */
export function servedRoute(route: Route): ServedRoute {
  const { name, service, resource, origin, basePath, pinnedHost, scopes, credential } = route
  const description = `Calls to ${origin}${basePath} through the gateway.`
  return {
    name,
    service,
    resource,
    origin,
    basePath,
    pinnedHost,
    scopes,
    description,
    ...(credential && { credential }),
  }
}
