import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Deployment, openDeployment, type Peer } from '../support/http.ts'
import {
  CALL,
  type Cast,
  castOf,
  delegateTo,
  mintFrom,
  openLease,
} from '../support/http-examples.ts'
import { form, INTROSPECT, REVOKE, spend } from '../support/oauth.ts'

let site: Deployment
let cast: Cast
let planner: Peer
let worker: Peer
let stranger: Peer

beforeAll(async () => {
  site = await openDeployment()
  cast = await castOf(site)
  planner = cast.planner
  worker = cast.worker
  stranger = await site.enroll('stranger')
})
afterAll(() => site.close())

const INACTIVE = { active: false }
const introspect = (as: Pick<Peer, 'ask'>, token: string) => form(as, INTROSPECT, { token })

/** The same token with another signature. */
function forged(token: string): string {
  const at = token.lastIndexOf('.') + 1
  const other = token[at] === 'A' ? 'B' : 'A'
  return `${token.slice(0, at)}${other}${token.slice(at + 1)}`
}

describe('introspection (RFC 7662)', () => {
  it('tells bearer, enforcement point and people what a token says, and never spends it', async () => {
    const lease = await openLease(planner)
    const { token, jti } = await mintFrom(planner, lease)
    for (const asker of [planner, cast.gateway, site.owner, site.operator]) {
      const seen = await form(asker, INTROSPECT, { token, token_type_hint: 'refresh_token' })
      expect(seen.status).toBe(200)
      expect(seen.json).toMatchObject({
        active: true,
        token_type: 'Bearer',
        jti,
        client_id: planner.uri,
        cnf: { 'x5t#S256': planner.thumbprint },
        txn: lease,
      })
    }
    expect((await spend(cast.gateway, token, planner, CALL)).status).toBe(200)
    expect((await introspect(planner, token)).json).toEqual(INACTIVE)
  })

  it('says of unknown, foreign, broken and revoked tokens the same', async () => {
    const lease = await openLease(planner)
    const { token } = await mintFrom(planner, lease)
    const answers = [
      await introspect(stranger, token),
      await introspect(worker, token),
      await introspect(site.owner, 'x'),
      await introspect(site.owner, forged(token)),
    ]
    await site.owner.ask('POST', `/v1/leases/${lease}/revoke`, { body: { reason: 'x' } })
    answers.push(await introspect(planner, token))
    expect(answers.map(({ status, text }) => [status, text])).toEqual(
      Array(5).fill([200, '{"active":false}']),
    )
  })

  it('says of a delegation token that it is no access token', async () => {
    const token = await delegateTo(planner, await openLease(planner), worker)
    expect((await introspect(worker, token)).json).toMatchObject({
      active: true,
      token_type: 'N_A',
    })
  })

  it('is for proven callers alone, each told in the words of its proof', async () => {
    const seen = await introspect(site.nobody, 'x')
    expect([seen.status, seen.json.error]).toEqual([401, 'invalid_token'])
    expect(seen.headers['www-authenticate']).toBe('Bearer error="invalid_token"')
    const other = await form(planner, INTROSPECT, { token: 'x', client_id: worker.uri })
    expect([other.status, other.json.error]).toEqual([401, 'invalid_client'])
    const missing = await form(planner, INTROSPECT, {})
    expect([missing.status, missing.json.error]).toEqual([400, 'invalid_request'])
  })
})

describe('revocation (RFC 7009)', () => {
  const revoke = (as: Pick<Peer, 'ask'>, token: string) => form(as, REVOKE, { token })

  it('of a call token makes it void and leaves its lease', async () => {
    const lease = await openLease(planner)
    const { token } = await mintFrom(planner, lease)
    const seen = await revoke(planner, token)
    expect([seen.status, seen.text]).toEqual([200, ''])
    expect((await introspect(site.owner, token)).json).toEqual(INACTIVE)
    const call = await spend(cast.gateway, token, planner, CALL)
    expect([call.status, call.json.code]).toEqual([401, 'token_used'])
    expect((await planner.ask('GET', `/v1/leases/${lease}`)).json.state).toBe('live')
  })

  it('of a delegation token keeps its lease from being born', async () => {
    const root = await openLease(planner)
    const token = await delegateTo(planner, root, worker)
    expect((await revoke(planner, token)).status).toBe(200)
    const seen = await worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
    expect([seen.status, seen.json.code]).toEqual([401, 'token_used'])
    expect((await planner.ask('GET', `/v1/leases/${root}`)).json.state).toBe('live')
  })

  it('of a redeemed delegation token revokes the lease that was born of it', async () => {
    const root = await openLease(planner)
    const token = await delegateTo(planner, root, worker)
    const born = await worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
    expect((await revoke(planner, token)).status).toBe(200)
    const seen = await worker.ask('GET', `/v1/leases/${born.json.id}`)
    expect(seen.json.state).toBe('revoked')
    expect((await planner.ask('GET', `/v1/leases/${root}`)).json.state).toBe('live')
  })

  it('of the id of a lease ends the lease and everything below it', async () => {
    const lease = await openLease(planner)
    expect((await revoke(planner, lease)).status).toBe(200)
    expect((await planner.ask('GET', `/v1/leases/${lease}`)).json.state).toBe('revoked')
  })

  it('answers strangers alike and changes nothing for them', async () => {
    const lease = await openLease(planner)
    const { token } = await mintFrom(planner, lease)
    const delegation = await delegateTo(planner, lease, worker)
    const nobodys = [token, delegation, lease, 'x', 'lease_AAAAAAAAAAAAAAAAAAAAAA']
    for (const one of nobodys) {
      for (const asker of [stranger, cast.gateway]) {
        const seen = await revoke(asker, one)
        expect([seen.status, seen.text]).toEqual([200, ''])
      }
    }
    expect((await introspect(planner, token)).json.active).toBe(true)
    expect((await introspect(worker, delegation)).json.active).toBe(true)
  })

  it('is for owners and operators as well', async () => {
    const { token } = await mintFrom(planner, await openLease(planner))
    expect((await revoke(site.operator, token)).status).toBe(200)
    expect((await introspect(planner, token)).json).toEqual(INACTIVE)
    expect((await revoke(site.nobody, token)).status).toBe(401)
  })
})
