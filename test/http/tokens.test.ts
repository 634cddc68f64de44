import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MINT_BATCH_MAX } from '../../src/domain/limits.ts'
import { AUDIENCE, type Deployment, NARROW, openDeployment, type Peer } from '../support/http.ts'
import {
  CALL,
  type Cast,
  castOf,
  delegateTo,
  mintFrom,
  openLease,
  redemptionOf,
} from '../support/http-examples.ts'

let site: Deployment
let cast: Cast
let stranger: Peer

beforeAll(async () => {
  site = await openDeployment()
  cast = await castOf(site)
  stranger = await site.enroll('stranger')
})
afterAll(() => site.close())

const introspect = (as: Pick<Peer, 'ask'>, token: string) =>
  as.ask('POST', '/v1/tokens/introspect', { body: { token } })
const redeem = (token: string, as: Peer = cast.gateway, peer: Peer = cast.planner) =>
  as.ask('POST', '/v1/tokens/redeem', { body: redemptionOf(token, peer) })

describe('call tokens over HTTP', () => {
  it('are minted in batches, each with an id of its own', async () => {
    const lease = await openLease(cast.planner)
    const body = { lease_id: lease, audience: AUDIENCE, count: 3, scope: NARROW, ttl_seconds: 30 }
    const seen = await cast.planner.ask('POST', '/v1/tokens', { body })
    expect(seen.status).toBe(201)
    expect(seen.headers['cache-control']).toBe('no-store')
    expect(new Set(seen.json.tokens.map((token: { jti: string }) => token.jti)).size).toBe(3)
  })

  it('are not minted beyond the batch', async () => {
    const body = {
      lease_id: await openLease(cast.planner),
      audience: AUDIENCE,
      count: MINT_BATCH_MAX + 1,
    }
    const seen = await cast.planner.ask('POST', '/v1/tokens', { body })
    expect([seen.status, seen.json.reasons[0].pointer]).toEqual([400, '/count'])
  })

  it('I1: are not minted from the lease of another', async () => {
    const body = { lease_id: await openLease(cast.planner), audience: AUDIENCE }
    expect((await stranger.ask('POST', '/v1/tokens', { body })).status).toBe(404)
  })

  it('I7: are redeemed once, and the receipt tells it to the certificate that spent it', async () => {
    const { token, jti } = await mintFrom(cast.planner, await openLease(cast.planner))
    expect((await cast.planner.ask('GET', `/v1/receipts/${jti}`)).status).toBe(404)
    const first = await redeem(token)
    expect(first.status).toBe(200)
    expect(first.json.claims).toMatchObject({ jti, client_id: cast.planner.uri, aud: AUDIENCE })
    expect(first.json.subjects).toContain(`agent:${cast.planner.uri}`)
    const second = await redeem(token)
    expect([second.status, second.json.code]).toEqual([401, 'token_used'])
    const receipt = await cast.planner.ask('GET', `/v1/receipts/${jti}`)
    expect(receipt.json).toMatchObject({ jti, record: first.json.record, born_lease: null })
    expect((await stranger.ask('GET', `/v1/receipts/${jti}`)).status).toBe(404)
  })

  it('I7: of ten redeemers at once one wins', async () => {
    const { token } = await mintFrom(cast.planner, await openLease(cast.planner))
    const answers = await Promise.all(Array.from({ length: 10 }, () => redeem(token)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(401)])
  })

  it('I8: are refused from another peer', async () => {
    const { token } = await mintFrom(cast.planner, await openLease(cast.planner))
    const seen = await redeem(token, cast.gateway, stranger)
    expect([seen.status, seen.json.code]).toEqual([401, 'holder_binding_failed'])
  })

  it('are redeemed by enforcement points alone, for audiences of their contract', async () => {
    const { token } = await mintFrom(cast.planner, await openLease(cast.planner))
    expect((await redeem(token, cast.planner)).status).toBe(403)
    const body = { ...redemptionOf(token, cast.planner), audience: 'https://other.example' }
    const foreign = await cast.gateway.ask('POST', '/v1/tokens/redeem', { body })
    expect([foreign.status, foreign.json.code]).toEqual([401, 'audience_mismatch'])
  })

  it('are held against the request', async () => {
    const { token } = await mintFrom(cast.planner, await openLease(cast.planner))
    const request = { ...CALL, method: 'DELETE' }
    const body = { ...redemptionOf(token, cast.planner), request }
    const seen = await cast.gateway.ask('POST', '/v1/tokens/redeem', { body })
    expect([seen.status, seen.json.code]).toEqual([403, 'scope_not_granted'])
  })

  it('keep the request id that they come with, and that of any other request', async () => {
    const hop = 'req_BBBBBBBBBBBBBBBBBBBBBA'
    const headers = { 'x-request-id': hop }
    const { token } = await mintFrom(cast.planner, await openLease(cast.planner))
    const body = redemptionOf(token, cast.planner)
    const seen = await cast.gateway.ask('POST', '/v1/tokens/redeem', { body, headers })
    expect(seen.headers['x-request-id']).toBe(hop)
    const agent = await cast.planner.ask('GET', '/v1/leases', { headers })
    expect(agent.headers['x-request-id']).toBe(hop)
  })

  it('are introspected without being spent (RFC 7662)', async () => {
    const lease = await openLease(cast.planner)
    const { token, jti } = await mintFrom(cast.planner, lease)
    for (const asker of [cast.planner, cast.gateway, site.owner, site.operator]) {
      const seen = await introspect(asker, token)
      expect(seen.json).toMatchObject({
        active: true,
        jti,
        token_type: 'writ-call+jwt',
        txn: lease,
      })
      expect(seen.json.cnf).toEqual({ 'x5t#S256': cast.planner.thumbprint })
    }
    expect((await redeem(token)).status).toBe(200)
    expect((await introspect(cast.planner, token)).json).toEqual({ active: false })
  })

  it('are inactive, and nothing more, to strangers and when they are no tokens', async () => {
    const { token } = await mintFrom(cast.planner, await openLease(cast.planner))
    expect((await introspect(stranger, token)).json).toEqual({ active: false })
    expect((await introspect(site.owner, 'x')).json).toEqual({ active: false })
    expect((await introspect(site.owner, `${token}x`)).json).toEqual({ active: false })
  })
})

describe('delegation tokens over HTTP', () => {
  it('I1: are redeemed by the named delegate alone, and once', async () => {
    const token = await delegateTo(cast.planner, await openLease(cast.planner), cast.worker)
    const ask = { body: { token } }
    const thief = await stranger.ask('POST', '/v1/delegations/redeem', ask)
    expect([thief.status, thief.json.code]).toEqual([401, 'holder_binding_failed'])
    expect((await cast.worker.ask('POST', '/v1/delegations/redeem', ask)).status).toBe(201)
    const again = await cast.worker.ask('POST', '/v1/delegations/redeem', ask)
    expect([again.status, again.json.code]).toEqual([401, 'token_used'])
  })

  it('are no call tokens', async () => {
    const token = await delegateTo(cast.planner, await openLease(cast.planner), cast.worker)
    const seen = await redeem(token)
    expect([seen.status, seen.json.code]).toEqual([401, 'token_kind'])
  })

  it('I9: are void once the lease above is revoked', async () => {
    const lease = await openLease(cast.planner)
    const token = await delegateTo(cast.planner, lease, cast.worker)
    await site.owner.ask('POST', `/v1/leases/${lease}/revoke`, { body: { reason: 'x' } })
    const seen = await cast.worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
    expect([seen.status, seen.json.code]).toEqual([401, 'revoked'])
  })
})

describe('explanations over HTTP', () => {
  it('name the hop that took the right away', async () => {
    const token = await delegateTo(cast.planner, await openLease(cast.planner), cast.worker)
    const child = await cast.worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
    const ask = (request: object) =>
      cast.worker.ask('POST', '/v1/explain', { body: { lease_id: child.json.id, request } })
    expect((await ask(CALL)).json).toEqual({ permitted: true, grants: [0, 0] })
    const post = await ask({ ...CALL, method: 'POST' })
    expect(post.json).toMatchObject({
      permitted: false,
      hop: 1,
      held: 0,
      code: 'scope_not_granted',
    })
    const malformed = await ask({ ...CALL, surplus: 1 })
    expect([malformed.status, malformed.json.reasons[0].pointer]).toEqual([400, '/request/surplus'])
  })
})
