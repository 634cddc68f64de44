import type { ScopeRequest } from '../../domain/scope/types.ts'

/** A route of a gateway, as far as who issues leases has to know it. */
export interface ServedRoute {
  /** First segment at the gateway. */
  readonly name: string
  /** What it is called by protocols that name services; the route's name unless it says another. */
  readonly service: string
  /** The audience its tokens name. */
  readonly resource: string
  /** Scheme, host and port of the upstream. */
  readonly origin: string
  /** Empty, or a path without a slash at its end. */
  readonly basePath: string
  /** The name that trees are pinned to; absent where the upstream is an address or not pinned. */
  readonly pinnedHost?: string | undefined
  /** The credential put into its calls; absent when there is none. */
  readonly credential?: { readonly name: string; readonly environment: string }
  /** Names for parts of it, each a list of `METHOD /path` behind the route. */
  readonly scopes: Readonly<Record<string, readonly string[]>>
  readonly description: string
}

/** A route that puts a credential into each of its requests. */
export type CredentialRoute = ServedRoute & Required<Pick<ServedRoute, 'credential'>>

/** What goes before the path of a request at the upstream of a route. */
export function baseOf({ origin, basePath }: ServedRoute): string {
  return origin + basePath
}

/** Base URLs under which agents reach a gateway; no slash at the end. */
export interface GatewayUrls {
  /** Calls with a call token over mutual TLS. */
  readonly gateway?: string | undefined
  /** Calls with a handle. */
  readonly handles?: string | undefined
}

/**
 * The services that agents reach through a gateway, and where. Routes come from the same file as
 * the gateway's; addresses from settings, or from a gateway of this process once it listens.
 */
export class Catalog {
  readonly #routes: readonly ServedRoute[]
  #urls: GatewayUrls

  constructor(routes: readonly ServedRoute[] = [], urls: GatewayUrls = {}) {
    this.#routes = routes.toSorted((a, b) => (a.service < b.service ? -1 : 1))
    this.#urls = urls
  }

  /** Every route, by service name. */
  get routes(): readonly ServedRoute[] {
    return this.#routes
  }

  /** Routes with a credential, by service name. */
  get credentialRoutes(): readonly CredentialRoute[] {
    return this.#routes.filter((route) => route.credential !== undefined) as CredentialRoute[]
  }

  /** The route of a name, as gateways know it. */
  named(name: string): ServedRoute | undefined {
    return this.#routes.find((route) => route.name === name)
  }

  /** Where routes are reached now. */
  get urls(): GatewayUrls {
    return this.#urls
  }

  /** A gateway of this process listens here; what a setting says stays. */
  announce({ gateway, handles }: GatewayUrls): void {
    const { gateway: set, handles: setHandles } = this.#urls
    this.#urls = { gateway: set ?? gateway, handles: setHandles ?? handles }
  }

  /**
   * The route of a service: by the name it says, else by the name of its credential when one route
   * alone has that.
   */
  find(service: string): ServedRoute | undefined {
    const named = this.#routes.find((route) => route.service === service)
    if (named !== undefined) return named
    const [only, ...others] = this.#routes.filter(({ credential }) => credential?.name === service)
    return others.length === 0 ? only : undefined
  }
}

/** What a service is asked for, as a scope and with the name of each of its grants. */
export interface AskedScope {
  readonly request: ScopeRequest
  /** The scope that grant `n` of the request came from; empty when none was named. */
  readonly named: readonly string[]
}
