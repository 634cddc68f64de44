import { refuse } from '../domain/refusal.ts'
import { SCOPE_TYPE } from '../domain/scope/types.ts'
import type { HttpContext } from '../listener/context.ts'
import type { OpenRow } from '../listener/face.ts'
import { refused } from '../listener/problem.ts'
import { PROOF_ALGS } from '../token/proof-header.ts'
import type { World } from '../usecases/world.ts'
import { JWT_BEARER } from './grants/jwt-bearer.ts'
import { offeredGrants } from './grants.ts'

/** What the metadata is made from. */
export interface MetadataParts {
  readonly world: Pick<World, 'issuer' | 'assertions'>
  /** Origin under which agents reach the mTLS listener. */
  readonly agentsUrl: () => string
}

/** The one profile of RFC 7523 that is taken (draft-ietf-oauth-identity-assertion-authz-grant). */
const ID_JAG = 'urn:ietf:params:oauth:grant-profile:id-jag'
const METADATA_CACHE = 'public, max-age=300'

/**
 * Authorization server metadata (RFC 8414 §2, RFC 8705 §5, RFC 9396 §10, RFC 9449 §5.1). Only what
 * is so: there is no authorization endpoint, hence no response types. People ask at the issuer by
 * bearer token; agents at the aliases, over mutual TLS, and the token endpoint is there alone.
 */
function metadataOf({ world, agentsUrl }: MetadataParts) {
  const { issuer } = world
  const grants = offeredGrants(world).map(({ grantType }) => grantType)
  const agents = agentsUrl()
  const clientMethods = ['tls_client_auth']
  const token = `${agents}/oauth2/token`
  return {
    issuer,
    token_endpoint: token,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    response_types_supported: [],
    grant_types_supported: grants,
    ...(grants.includes(JWT_BEARER) ? { authorization_grant_profiles_supported: [ID_JAG] } : {}),
    token_endpoint_auth_methods_supported: clientMethods,
    introspection_endpoint: `${issuer}/oauth2/introspect`,
    introspection_endpoint_auth_methods_supported: [...clientMethods, 'Bearer'],
    revocation_endpoint: `${issuer}/oauth2/revoke`,
    revocation_endpoint_auth_methods_supported: clientMethods,
    tls_client_certificate_bound_access_tokens: true,
    dpop_signing_alg_values_supported: PROOF_ALGS,
    authorization_details_types_supported: [SCOPE_TYPE],
    mtls_endpoint_aliases: {
      token_endpoint: token,
      introspection_endpoint: `${agents}/oauth2/introspect`,
      revocation_endpoint: `${agents}/oauth2/revoke`,
    },
  }
}

const WELL_KNOWN = '/.well-known/oauth-authorization-server'

/**
 * The metadata, at both listeners. Where the issuer has a path, it stands behind the well-known one
 * (RFC 8414 §3.1); under any other nothing is told, since it would be of another issuer.
 */
export const METADATA_ROWS: readonly OpenRow<MetadataParts>[] = [
  { path: WELL_KNOWN, handler: (parts) => (c) => answer(c, parts, '') },
  {
    path: `${WELL_KNOWN}/*`,
    handler: (parts) => (c) => answer(c, parts, new URL(c.req.url).pathname),
  },
]

function answer(c: HttpContext, parts: MetadataParts, path: string): Response {
  const { pathname } = new URL(parts.world.issuer)
  const own = path === '' ? pathname === '/' : path === `${WELL_KNOWN}${pathname}`
  if (!own) return refused(c, refuse('not_found').refusal)
  return c.json(metadataOf(parts), 200, { 'Cache-Control': METADATA_CACHE })
}
