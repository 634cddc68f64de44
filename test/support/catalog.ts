import { servedRoute } from '../../src/compose/catalog.ts'
import { readRouteTable } from '../../src/gateway/route-table.ts'
import { Catalog } from '../../src/usecases/catalog/catalog.ts'

/** The catalog of a file of routes; with `resource`, that is the audience of all of them. */
export function catalogOf(text: string, resource?: string): Catalog {
  const table = readRouteTable({ name: 'routes', text })
  if (!table.ok) throw new Error(table.problem)
  const routes = [...table.routes.values()].map(servedRoute)
  return new Catalog(routes.map((route) => ({ ...route, resource: resource ?? route.resource })))
}
