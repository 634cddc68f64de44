import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AUDIENCE, type Deployment, openDeployment } from '../support/http.ts'
import { CALL, type Cast, castOf, delegateTo, openLease } from '../support/http-examples.ts'
import { claimsIn, DELEGATION, detailsOf, EXCHANGE, spend } from '../support/oauth.ts'
import { type MutualFetch, mutualFetch } from '../support/oauth-clients.ts'

let site: Deployment
let cast: Cast
let asPlanner: MutualFetch
let asWorker: MutualFetch

beforeAll(async () => {
  site = await openDeployment()
  cast = await castOf(site)
  asPlanner = mutualFetch(site, cast.planner)
  asWorker = mutualFetch(site, cast.worker)
})
afterAll(async () => {
  await asPlanner.close()
  await asWorker.close()
  await site.close()
})

describe('openid-client, which knows nothing of Writ', () => {
  async function discovered(uri: string, { fetch }: MutualFetch): Promise<client.Configuration> {
    const metadata = { use_mtls_endpoint_aliases: true }
    return client.discovery(new URL(site.world.issuer), uri, metadata, client.TlsClientAuth(), {
      algorithm: 'oauth2',
      [client.customFetch]: fetch,
    })
  }

  it('discovers the endpoints and gets a token by client credentials over mutual TLS', async () => {
    const config = await discovered(cast.planner.uri, asPlanner)
    expect(config.serverMetadata().supportsPKCE()).toBe(false)
    const tokens = await client.clientCredentialsGrant(config, {
      resource: AUDIENCE,
      authorization_details: detailsOf(),
    })
    expect([tokens.token_type, tokens.expires_in]).toEqual(['bearer', 60])
    expect(tokens.authorization_details?.[0]?.type).toBe('urn:writ:scope:v1')
    const call = await spend(cast.gateway, tokens.access_token, cast.planner, CALL)
    expect(call.status).toBe(200)
  })

  it('exchanges a delegation token, introspects the call token and revokes it', async () => {
    const token = await delegateTo(cast.planner, await openLease(cast.planner), cast.worker)
    const config = await discovered(cast.worker.uri, asWorker)
    const tokens = await client.genericGrantRequest(config, EXCHANGE, {
      subject_token: token,
      subject_token_type: DELEGATION,
      resource: AUDIENCE,
    })
    expect(claimsIn(tokens.access_token).act).toMatchObject({ sub: cast.worker.uri })
    const active = await client.tokenIntrospection(config, tokens.access_token)
    expect(active).toMatchObject({ active: true, client_id: cast.worker.uri })
    await client.tokenRevocation(config, tokens.access_token)
    const gone = await client.tokenIntrospection(config, tokens.access_token)
    expect(gone).toEqual({ active: false })
  })

  it('is told errors it understands', async () => {
    const config = await discovered(cast.planner.uri, asPlanner)
    const refused = await client
      .clientCredentialsGrant(config, {
        resource: 'https://elsewhere.example',
        authorization_details: detailsOf(),
      })
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(client.ResponseBodyError)
    expect(refused).toMatchObject({ error: 'invalid_target', status: 400 })
  })
})

describe('oauth4webapi, which knows nothing of Writ', () => {
  it('exchanges a delegation token once', async () => {
    const options = { [oauth.customFetch]: asWorker.fetch }
    const issuer = new URL(site.world.issuer)
    const as = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oauth2' }),
    )
    const me: oauth.Client = { client_id: cast.worker.uri, use_mtls_endpoint_aliases: true }
    const token = await delegateTo(cast.planner, await openLease(cast.planner), cast.worker)
    const exchange = () =>
      oauth.genericTokenEndpointRequest(
        as,
        me,
        oauth.TlsClientAuth(),
        EXCHANGE,
        { subject_token: token, subject_token_type: DELEGATION, resource: AUDIENCE },
        options,
      )
    const tokens = await oauth.processGenericTokenEndpointResponse(as, me, await exchange())
    const call = await spend(cast.gateway, tokens.access_token, cast.worker, CALL)
    expect(call.status).toBe(200)
    const again = await oauth
      .processGenericTokenEndpointResponse(as, me, await exchange())
      .catch((error: unknown) => error)
    expect(again).toBeInstanceOf(oauth.ResponseBodyError)
    expect(again).toMatchObject({ error: 'invalid_request', cause: { code: 'token_used' } })
  })
})
