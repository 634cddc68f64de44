import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OAUTH_POLL_SECONDS } from '../../src/domain/limits.ts'
import { approve } from '../support/approvals.ts'
import { AUDIENCE, type Deployment, NARROW, openDeployment, type Peer } from '../support/http.ts'
import { CALL, type Cast, castOf, delegateTo, openLease } from '../support/http-examples.ts'
import {
  ACCESS_TOKEN,
  claimsIn,
  detailsOf,
  exchangeOf,
  form,
  fromLease,
  spend,
  TOKEN,
} from '../support/oauth.ts'

let site: Deployment
let cast: Cast
let planner: Peer
let worker: Peer

beforeAll(async () => {
  site = await openDeployment()
  cast = await castOf(site)
  planner = cast.planner
  worker = cast.worker
})
afterAll(() => site.close())

describe('token exchange (RFC 8693)', () => {
  it('redeems a delegation token for a child lease and answers a call token of it', async () => {
    const root = await openLease(planner)
    const token = await delegateTo(planner, root, worker)
    const seen = await form(worker, TOKEN, exchangeOf(token))
    expect(seen.status).toBe(200)
    expect(seen.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' })
    expect(seen.json).toMatchObject({
      issued_token_type: ACCESS_TOKEN,
      token_type: 'Bearer',
      expires_in: 60,
      authorization_details: [{ type: 'urn:writ:scope:v1', audiences: [AUDIENCE] }],
    })
    const claims = claimsIn(seen.json.access_token)
    expect(claims).toMatchObject({
      sub: 'owner',
      txn: root,
      client_id: worker.uri,
      act: { sub: worker.uri, act: { sub: planner.uri } },
      cnf: { 'x5t#S256': worker.thumbprint },
      lease: { id: seen.json.lease_id, lineage: [root, seen.json.lease_id] },
      authorization_details: seen.json.authorization_details,
    })
    const call = await spend(cast.gateway, seen.json.access_token, worker, CALL)
    expect(call.status).toBe(200)
  })

  it('takes further tokens from a lease of the caller, as narrow as asked', async () => {
    const lease = await openLease(planner)
    const more = { authorization_details: detailsOf(), requested_token_type: ACCESS_TOKEN }
    const seen = await form(planner, TOKEN, fromLease(lease, more))
    expect(seen.status).toBe(200)
    expect(seen.json.lease_id).toBe(lease)
    expect(seen.json.authorization_details[0].grants[0].methods).toEqual(['GET'])
  })
})

describe('client credentials with tls_client_auth (RFC 8705)', () => {
  it('open a root lease within the contract and answer a call token of it', async () => {
    const seen = await form(planner, TOKEN, {
      grant_type: 'client_credentials',
      client_id: planner.uri,
      resource: AUDIENCE,
      authorization_details: detailsOf(NARROW),
    })
    expect(seen.status).toBe(200)
    expect(seen.json.issued_token_type).toBeUndefined()
    const claims = claimsIn(seen.json.access_token)
    expect(claims).toMatchObject({ sub: 'owner', act: { sub: planner.uri }, del_depth: 0 })
    const call = await spend(cast.gateway, seen.json.access_token, planner, CALL)
    expect(call.status).toBe(200)
  })

  it('asked for again open another lease, and the token of one is none of the other', async () => {
    const asked = {
      grant_type: 'client_credentials',
      resource: AUDIENCE,
      authorization_details: detailsOf({ ...NARROW, limits: { max_uses: 1 } }),
    }
    const [first, second] = [
      await form(planner, TOKEN, asked),
      await form(planner, TOKEN, asked),
    ].map(({ json }) => json)
    expect(first.lease_id).not.toBe(second.lease_id)
    expect((await spend(cast.gateway, first.access_token, planner, CALL)).status).toBe(200)
    const again = await form(planner, TOKEN, fromLease(first.lease_id))
    expect(again.json.code).toBe('uses_exhausted')
    expect((await spend(cast.gateway, second.access_token, planner, CALL)).status).toBe(200)
  })

  it('open no lease that could not give the token', async () => {
    const details = detailsOf({ ...NARROW, audiences: [AUDIENCE] })
    const before = await planner.ask('GET', '/v1/leases?limit=100')
    const seen = await form(planner, TOKEN, {
      grant_type: 'client_credentials',
      resource: 'https://elsewhere.example/',
      authorization_details: details,
    })
    expect([seen.json.error, seen.json.code]).toEqual(['invalid_target', 'audience_mismatch'])
    const after = await planner.ask('GET', '/v1/leases?limit=100')
    expect(after.json.items).toEqual(before.json.items)
  })

  it('wait for the owner where the contract says so, and come again with the yes', async () => {
    const asking = await site.enroll('asking', { terms: { approval_mode: 'per_request' } })
    const params = {
      grant_type: 'client_credentials',
      resource: AUDIENCE,
      authorization_details: detailsOf(NARROW),
    }
    const first = await form(asking, TOKEN, params)
    expect(first.status).toBe(400)
    expect(first.json).toMatchObject({
      error: 'authorization_pending',
      code: 'approval_required',
      interval: OAUTH_POLL_SECONDS,
      expires_in: 300,
    })
    const { approval_id } = first.json
    expect((await form(asking, TOKEN, params)).json.approval_id).toBe(approval_id)
    const early = await form(asking, TOKEN, { ...params, approval_id })
    expect([early.json.error, early.json.code]).toEqual([
      'authorization_pending',
      'approval_denied',
    ])

    const shown = await site.owner.ask('GET', `/v1/approvals/${approval_id}`)
    await approve(site.owner, shown.json)
    const other = { ...params, approval_id, authorization_details: detailsOf(OTHER) }
    expect((await form(asking, TOKEN, other)).json.error).toBe('access_denied')
    const seen = await form(asking, TOKEN, { ...params, approval_id })
    expect([seen.status, seen.json.token_type]).toEqual([200, 'Bearer'])
    const again = await form(asking, TOKEN, { ...params, approval_id })
    expect([again.json.error, again.json.code]).toEqual(['access_denied', 'approval_denied'])
  })

  it('tell of a lease that stands although its token has to wait', async () => {
    const scope = { ...NARROW, requires: { approval: true } }
    const seen = await form(planner, TOKEN, {
      grant_type: 'client_credentials',
      resource: AUDIENCE,
      authorization_details: detailsOf(scope),
    })
    expect([seen.status, seen.json.code]).toEqual([400, 'request_mismatch'])
    const pinned = fromLease(seen.json.lease_id, { htm: 'GET', htu: CALL.target })
    const waiting = await form(planner, TOKEN, pinned)
    expect(waiting.json).toMatchObject({
      error: 'authorization_pending',
      lease_id: seen.json.lease_id,
    })
    const { approval_id } = waiting.json
    await approve(site.owner, (await site.owner.ask('GET', `/v1/approvals/${approval_id}`)).json)
    const given = await form(planner, TOKEN, { ...pinned, approval_id })
    expect(given.status).toBe(200)
    expect(claimsIn(given.json.access_token).req).toMatchObject({ htm: 'GET', htu: CALL.target })
  })
})

const OTHER = {
  ...NARROW,
  grants: [{ ...NARROW.grants[0], paths: ['/repos/acme/other/**'] }],
}
