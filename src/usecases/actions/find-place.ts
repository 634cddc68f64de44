import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { baseOf, type CredentialRoute } from '../catalog/catalog.ts'
import type { World } from '../world.ts'

/** Where a call goes: an address as the upstream knows it, or a route and a path behind it. */
export interface WantedPlace {
  readonly url?: string | undefined
  readonly route?: string | undefined
  readonly path?: string | undefined
}

/**
 * The route and path of a call that is to be made. An address belongs to the route with the longest
 * base that it begins with, as it is spelled. Decides nothing: the call is judged when it is made.
 * Refuses `scope_not_granted` where no route that puts a credential in has such a base.
 */
export function findPlace(
  world: Pick<World, 'actions' | 'catalog'>,
  { url, route, path }: WantedPlace,
): Result<{ readonly route: string; readonly path: string }> {
  if (route !== undefined && path !== undefined) return accept({ route, path })
  const [nearest] = callableRoutes(world)
    .map((served) => ({ name: served.name, base: baseOf(served) }))
    .filter(
      ({ base }) => url === base || url?.startsWith(`${base}/`) || url?.startsWith(`${base}?`),
    )
    .toSorted((a, b) => b.base.length - a.base.length)
  if (url === undefined || nearest === undefined) {
    const detail = 'No secret is used at this address. The uses of its handle say where.'
    return refuse('scope_not_granted', {}, [{ pointer: '/url', code: 'url', detail }])
  }
  const rest = url.slice(nearest.base.length)
  return accept({ route: nearest.name, path: rest.startsWith('/') ? rest : `/${rest}` })
}

/** Routes with a credential that a gateway of this process calls for agents; none without one. */
export function callableRoutes({
  actions,
  catalog,
}: Pick<World, 'actions' | 'catalog'>): readonly CredentialRoute[] {
  return actions?.gateway === undefined ? [] : catalog.credentialRoutes
}
