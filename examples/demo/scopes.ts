import { SCOPE_TYPE, type ScopeRequest } from '../../src/domain/scope/types.ts'

/** Where the upstream is, and the name of the protected resource before it. */
export interface Place {
  readonly upstreamPort: number
  readonly audience: string
  /** Where it is called: the gateway and the route's name. */
  readonly url: string
}

/** The two routes to the upstream: what is open, and what takes a key the gateway adds. */
export interface Places {
  readonly place: Place
  readonly keyed: Place
}

/** Where in the upstream something may be done, and with which method. */
export interface Part {
  readonly methods: readonly string[]
  readonly paths: readonly string[]
}

/** The ceiling of each agent of the demo: everything the upstream offers, three deep. */
export function contractFor({ place, keyed }: Places): ScopeRequest {
  return {
    ...scopeOf(place, {
      methods: ['GET', 'POST'],
      paths: ['/repos/**', '/stream/**', '/echo', '/private/**'],
    }),
    audiences: [place.audience, keyed.audience],
    limits: { ttl_seconds: 3_600, max_uses: 'unlimited', max_depth: 3, max_children: 10 },
    requires: { attestation_min: 'none', attestation_max_age_seconds: 'any' },
    delegation: { allowed: true, delegates: ['spiffe://demo.writ/agent/**'] },
  }
}

/** A scope of one grant at the upstream; what is not named is inherited. */
export function scopeOf(place: Place, part: Part): ScopeRequest {
  return {
    type: SCOPE_TYPE,
    grants: [
      {
        type: 'http',
        schemes: ['http'],
        hosts: ['127.0.0.1'],
        ports: [place.upstreamPort],
        methods: part.methods,
        paths: part.paths,
        private_net: true,
      },
    ],
    audiences: [place.audience],
  }
}
