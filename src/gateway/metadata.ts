import { SCOPE_TYPE } from '../domain/scope/types.ts'
import { PROOF_ALGS } from '../token/proof-header.ts'
import type { Arrival } from './arrival.ts'
import type { Route, RouteTable } from './route-table.ts'

const WELL_KNOWN = '.well-known'
const DOCUMENT = '/oauth-protected-resource/'

/** Where the metadata of a route is found (RFC 9728 §3.1); `host` is our name as it was used. */
export function metadataUrl(host: string, route: Pick<Route, 'name'>): string {
  return `https://${host}/${WELL_KNOWN}${DOCUMENT}${route.name}`
}

/**
 * The protected-resource metadata that a request asks for (RFC 9728 §2), as JSON; undefined when it
 * asks for something else. Public: it says nothing that a refusal does not say.
 */
export function readMetadata(
  arrival: Pick<Arrival, 'method' | 'target'>,
  routes: RouteTable,
  issuer: string,
): string | undefined {
  const { method, target } = arrival
  if (target.route !== WELL_KNOWN || !target.rest.startsWith(DOCUMENT)) return undefined
  const route = method === 'GET' ? routes.get(target.rest.slice(DOCUMENT.length)) : undefined
  if (route === undefined) return undefined
  return JSON.stringify({
    resource: route.resource,
    resource_name: route.name,
    authorization_servers: [issuer],
    bearer_methods_supported: ['header'],
    tls_client_certificate_bound_access_tokens: true,
    dpop_signing_alg_values_supported: PROOF_ALGS,
    dpop_bound_access_tokens_required: false,
    authorization_details_types_supported: [SCOPE_TYPE],
  })
}
