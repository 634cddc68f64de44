import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type AgentUri,
  type CertificateThumbprint,
  DEFAULT_TENANT,
} from '../../../src/domain/ids.ts'
import {
  CDP_CAPABILITIES_MAX,
  CDP_LISTS_PER_MINUTE,
  CDP_WINDOW_SECONDS,
  CDP_WORDS_CHARACTERS_MAX,
} from '../../../src/domain/limits.ts'
import { SCOPE_TYPE, type ScopeRequest } from '../../../src/domain/scope/types.ts'
import { createDelegation } from '../../../src/usecases/delegations/create-delegation.ts'
import {
  ASKED,
  type CdpClient,
  type CdpSite,
  cdpClient,
  freshMembers,
  openCdpSite,
  registered,
  rpc,
  told,
} from '../../support/cdp-site.ts'

let cdp: CdpSite
let client: CdpClient

beforeAll(async () => {
  cdp = await openCdpSite()
  client = await cdpClient(cdp)
})
afterAll(() => cdp.close())

describe('a request of CDP', () => {
  it('CDPX-03, T-08: counts once: its nonce is refused again, however it is spelled', async () => {
    const members = freshMembers(cdp.site)
    expect((await client.ask('cdp.lease.status', members)).error.code).toBe(-32602)
    const params = { ...members, lease_id: (await client.lease()).lease_id }
    expect((await client.ask('cdp.lease.status', params)).error).toBeUndefined()
    for (const nonce of [params.nonce, params.nonce.toUpperCase()]) {
      expect(told(await client.ask('cdp.lease.status', { ...params, nonce }))).toEqual([
        -32020,
        'token_used',
      ])
    }
    const trail = await cdp.site.owner.ask('GET', '/v1/audit?limit=1000')
    expect(trail.text).toContain('request.replayed')
  })

  it('CDPX-03: is of now, and 30 seconds old or ahead at most', async () => {
    const { lease_id } = await client.lease()
    for (const [seconds, code] of [
      [-CDP_WINDOW_SECONDS - 2, 'expired'],
      [CDP_WINDOW_SECONDS + 3, 'not_yet_valid'],
    ] as const) {
      const at = cdp.site.world.clock.now() + seconds
      const timestamp = new Date(at * 1_000).toISOString()
      const answer = await client.ask('cdp.lease.status', {
        lease_id,
        nonce: randomUUID(),
        timestamp,
      })
      expect(told(answer)).toEqual([-32020, code])
    }
  })

  it('T-01: that names no hosts, methods or paths gets nothing', async () => {
    for (const member of ['hosts', 'methods', 'paths']) {
      for (const scope of [
        { ...ASKED, [member]: [] },
        { ...ASKED, [member]: undefined },
      ]) {
        const answer = await client.ask('cdp.lease.request', { credential_ref: 'github', scope })
        expect(told(answer)).toEqual([-32602, 'malformed'])
      }
    }
  })

  it('T-02: that asks for what the contract does not cover gets nothing of it', async () => {
    for (const scope of [
      { ...ASKED, paths: ['/users/**'] },
      { ...ASKED, paths: ['/repos/**', '/users/**'] },
      { ...ASKED, methods: ['DELETE'] },
      { ...ASKED, hosts: ['upstream.test', 'api.github.com'] },
    ]) {
      const answer = await client.ask('cdp.lease.request', { credential_ref: 'github', scope })
      expect(told(answer)).toEqual([-32007, 'not_narrower'])
    }
  })

  it('of nobody registered, or with the session of another, is refused alike', async () => {
    const foreign = await registered(cdp, cdp.worker)
    for (const session_token of [undefined, 'cdp_sess_x', foreign, `${client.session}0`]) {
      expect(told(await client.ask('cdp.credentials.list', { session_token }))).toEqual([
        -32001,
        'unauthenticated',
      ])
    }
  })

  it('about a lease of another looks like one about none', async () => {
    const { lease_id } = await client.lease()
    const session_token = await registered(cdp, cdp.worker)
    for (const method of ['cdp.lease.status', 'cdp.lease.revoke']) {
      const answer = await client.ask(method, { lease_id, session_token }, cdp.worker)
      expect(told(answer)).toEqual([-32002, 'not_found'])
    }
    const renewal = { lease_id, session_token, extend_seconds: 10 }
    expect(told(await client.ask('cdp.lease.renew', renewal, cdp.worker))).toEqual([
      -32002,
      'not_found',
    ])
  })

  it('CDPX-21: lists what the contract allows once a minute, and tells of nothing else', async () => {
    const stranger = await cdp.site.enroll('stranger')
    const session_token = await registered(cdp, stranger)
    const none = await client.ask('cdp.credentials.list', { session_token }, stranger)
    expect(none.result).toEqual({ credentials: [] })
    const scope = ASKED
    const unseen = { session_token, credential_ref: 'github', scope }
    const unknown = { ...unseen, credential_ref: 'no-such' }
    for (const params of [unseen, unknown]) {
      const answer = await client.ask('cdp.lease.request', params, stranger)
      expect(told(answer)).toEqual([-32002, 'not_found'])
    }
    for (let asked = 0; asked < CDP_LISTS_PER_MINUTE; asked += 1) {
      const listed = await client.ask('cdp.credentials.list')
      expect(listed.result).toEqual({ credentials: ['github'] })
    }
    expect(told(await client.ask('cdp.credentials.list'))).toEqual([-32010, 'rate_limited'])
  })

  it('CDPX-22: has a reason of 200 characters at most, kept as it was said', async () => {
    const reason = 'x'.repeat(201)
    const long = await client.ask('cdp.lease.request', {
      credential_ref: 'github',
      scope: ASKED,
      reason,
    })
    expect(told(long)).toEqual([-32602, 'malformed'])
    await client.lease({ reason: 'a reason of an agent' })
    const trail = await cdp.site.owner.ask('GET', '/v1/audit?limit=1000')
    expect(trail.text).toContain('a reason of an agent')
  })

  it('CDPX-25: registers with its certificate, never with nothing or an enclave', async () => {
    const said = { agent_id: 'x', agent_version: '1' }
    for (const type of ['none', 'enclave', 'signed_code', 'oidc']) {
      const answer = await rpc(cdp, cdp.planner, 'cdp.register', { ...said, attestation: { type } })
      expect(told(answer)).toEqual([-32009, 'attestation_failed'])
    }
    for (const wrong of [
      { agent_id: 'x'.repeat(CDP_WORDS_CHARACTERS_MAX + 1) },
      { capabilities: Array(CDP_CAPABILITIES_MAX + 1).fill('x') },
    ]) {
      const answer = await rpc(cdp, cdp.planner, 'cdp.register', { ...said, ...wrong })
      expect(told(answer)).toEqual([-32602, 'malformed'])
    }
    const { result } = await rpc(cdp, cdp.planner, 'cdp.register', {
      ...said,
      attestation: { type: 'mtls' },
      capabilities: ['http_proxy', 'cli_wrap'],
    })
    const print = Buffer.from(cdp.planner.thumbprint, 'base64url').toString('hex')
    expect(result).toMatchObject({
      status: 'registered',
      agent_fingerprint: `sha256:${print}`,
      capabilities_granted: ['http_proxy'],
    })
    expect(result.session_token).toMatch(/^cdp_sess_[0-9a-f]{96}$/)
  })
})

describe('renewal', () => {
  it('T-04: three times, by so many seconds, and never past the limits', async () => {
    const { lease_id } = await client.lease({ scope: { ...ASKED, ttl_seconds: 60 } })
    for (const method of ['cdp.lease.renew', 'cdp.renewLease', 'cdp.lease.renew']) {
      const { result } = await client.ask(method, { lease_id, extend_seconds: 60 })
      expect(result).toMatchObject({ lease_id, status: 'renewed' })
    }
    const status = await client.ask('cdp.lease.status', { lease_id })
    expect(status.result).toMatchObject({ renewals_used: 3, cumulative_ttl_seconds: 240 })
    const more = await client.ask('cdp.lease.renew', { lease_id, extend_seconds: 60 })
    expect(told(more)).toEqual([-32016, 'renewal_exceeded'])
    const wide = await client.ask('cdp.lease.renew', { lease_id, extend_seconds: 3_600 })
    expect(told(wide)).toEqual([-32007, 'not_narrower'])
  })

  it('a lease token goes on with its renewed lease, and ends with it', async () => {
    const grant = await client.lease({ scope: { ...ASKED, ttl_seconds: 20 } })
    await client.ask('cdp.lease.renew', { lease_id: grant.lease_id, extend_seconds: 20 })
    cdp.site.advance(25)
    expect((await client.proxied(grant)).status).toBe(200)
    cdp.site.advance(20)
    expect(await client.proxied(grant)).toMatchObject({ status: 403, refusal: 'expired' })
  })
})

describe('delegation', () => {
  const passing = { delegation: { allowed: true, max_depth: 1 } }
  const delegated = async (scope: object, more: object = {}) => {
    const { lease_id } = await client.lease({ scope: { ...ASKED, ...more } })
    return client.ask('cdp.lease.delegate', { lease_id, delegate_to: cdp.worker.uri, scope })
  }

  it('CDPX-16: a narrower part is taken up by its delegate alone, once, and dies with it', async () => {
    const { lease_id } = await client.lease({ scope: { ...ASKED, ...passing } })
    const scope = { ...ASKED, paths: ['/repos/a'] }
    const order = { lease_id, delegate_to: cdp.worker.uri, scope }
    const { result } = await client.ask('cdp.lease.delegate', order)
    expect(result).toMatchObject({ status: 'delegated', delegation_depth: 1 })
    const { delegation_token } = result
    const own = await client.ask('cdp.lease.redeem', { delegation_token })
    expect(told(own)).toEqual([-32013, 'holder_binding_failed'])
    const session_token = await registered(cdp, cdp.worker)
    const take = () =>
      client.ask(
        'cdp.lease.redeem',
        { delegation_token, session_token, mode: 'http_proxy' },
        cdp.worker,
      )
    const child = (await take()).result
    expect(told(await take())).toEqual([-32020, 'token_used'])
    expect((await client.proxied(child)).status).toBe(200)
    const aside = await client.proxied(child, `${cdp.upstream.origin}/repos/b`)
    expect(aside.refusal).toBe('scope_not_granted')
    await client.ask('cdp.lease.revoke', { lease_id })
    expect((await client.proxied(child)).refusal).toBe('revoked')
  })

  it('T-07: a lease that does not say so is not passed on', async () => {
    const scope = { ...ASKED, paths: ['/repos/a'] }
    expect(told(await delegated(scope))).toEqual([-32003, 'delegation_not_permitted'])
    expect(told(await delegated(scope, { delegation: null }))).toEqual([
      -32003,
      'delegation_not_permitted',
    ])
  })

  it('T-03: is never wider, in no dimension', async () => {
    const more = { ...passing, max_requests: 5 }
    for (const scope of [
      { ...ASKED, paths: ['/**'] },
      { ...ASKED, methods: ['GET', 'POST'] },
      { ...ASKED, max_requests: 6 },
    ]) {
      expect(told(await delegated(scope, more))).toEqual([-32007, 'not_narrower'])
    }
    const left = await delegated({ ...ASKED, paths: ['/repos/a'] }, more)
    expect(left.result.granted_scope.max_requests).toBe(5)
  })

  it('T-12: may be as wide as its parent, unless the deployment wants it narrower', async () => {
    expect((await delegated(ASKED, passing)).error).toBeUndefined()
    const { world } = cdp.site
    const { lease_id } = await client.lease({ scope: { ...ASKED, ...passing } })
    const request = world.ids.request()
    const caller = {
      kind: 'agent',
      tenant: DEFAULT_TENANT,
      request,
      uri: cdp.planner.uri as AgentUri,
      certificate: cdp.planner.thumbprint as CertificateThumbprint,
    } as const
    const grants = [{ type: 'http', paths: ['/repos/a'] }] as const
    const strict = (scope: ScopeRequest) =>
      createDelegation({ ...world, strictDelegation: true }, caller, {
        lease: lease_id,
        delegate: cdp.worker.uri as AgentUri,
        scope,
      })
    const same = await strict({ type: SCOPE_TYPE, grants: [{ type: 'http' }] })
    expect(same).toMatchObject({ refusal: { code: 'not_narrower', facts: { strict: true } } })
    expect(await strict({ type: SCOPE_TYPE, grants })).toMatchObject({ ok: true })
  })

  it('I2: goes no deeper than the lease says', async () => {
    const flat = { delegation: { allowed: true, max_depth: 0 } }
    const scope = { ...ASKED, paths: ['/repos/a'] }
    expect(told(await delegated(scope, flat))).toEqual([-32008, 'depth_exceeded'])
  })
})
