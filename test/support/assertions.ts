import { readAssertionIssuers } from '../../src/attestation/assertion/issuers.ts'
import { openAssertionIssuers } from '../../src/attestation/assertion/verify-assertion.ts'
import { AUDIENCE, type Deployment, NARROW, type Peer, type Seen } from './http.ts'
import { detailsOf, form, TOKEN } from './oauth.ts'
import { TRUST_DOMAIN } from './pki.ts'
import { startWorkloadIssuer, type WorkloadIssuer } from './workload-issuer.ts'

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** An identity provider whose word for a person an authority takes. */
export interface PeopleIssuer extends WorkloadIssuer {
  /** A sound assertion for an agent, changed as a test likes; undefined removes a claim. */
  vouch(
    client: Pick<Peer, 'uri'>,
    claims?: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ): Promise<string>
}

/** Starts an issuer over https and has the authority take its word, as a start with its file. */
export async function peopleIssuer(site: Deployment, more = ''): Promise<PeopleIssuer> {
  const platform = await startWorkloadIssuer()
  const text = `
    [[issuer]]
    name = "acme"
    issuer = "${platform.issuer}"
    jwks_url = "${platform.jwksUrl}"
    ca_file = "${platform.caFile}"
    ${more}`
  const read = readAssertionIssuers({ name: 'people.toml', text }, TRUST_DOMAIN)
  if (!read.ok) throw new Error(read.problem)
  Object.assign(site.world, { assertions: openAssertionIssuers(read.issuers, () => undefined) })
  return Object.assign(platform, {
    vouch: (
      client: Pick<Peer, 'uri'>,
      claims: Readonly<Record<string, unknown>> = {},
      header: Readonly<Record<string, unknown>> = {},
    ) =>
      platform.token(
        { aud: site.world.issuer, sub: 'dana', client_id: client.uri, ...claims },
        { typ: 'oauth-id-jag+jwt', ...header },
      ),
  })
}

/** Shows an assertion at the token endpoint. */
export function showAssertion(
  as: Peer,
  assertion: string,
  more: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Seen> {
  const asked = { resource: AUDIENCE, authorization_details: detailsOf(NARROW), ...more }
  return form(as, TOKEN, { grant_type: JWT_BEARER, assertion, ...asked }, headers)
}
