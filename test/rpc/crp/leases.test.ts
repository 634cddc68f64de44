import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  CATALOG_PARTS_MAX,
  CRP_AFFECTED_MAX,
  CRP_RENEWAL_GRACE_SECONDS,
  CRP_SCOPES_MAX,
} from '../../../src/domain/limits.ts'
import { type CrpSite, openCrpSite } from '../../support/crp.ts'

const SERVICE = 'github.com/api'
const GITHUB = { service: SERVICE, scopes: ['GET /repos/acme/x/**'] }
const UNKNOWN = 'lease_AAAAAAAAAAAAAAAAAAAAAA'

let site: CrpSite

beforeAll(async () => {
  site = await openCrpSite()
})
afterAll(() => site?.close())

const use = async (more: object = {}, as = site.planner) =>
  (await site.call(as, 'crp/use', { ...GITHUB, ...more })).result
const word = ({ error }: { error?: { code: number; data: { code: string } } }) => [
  error?.code,
  error?.data.code,
]

describe('CRPX-30: crp/use', () => {
  it('answers a lease, where to send calls and the kind of the credential, and no secret', async () => {
    const answer = await use({ ttl: 300, context: { consumer: 'demo', purpose: 'to test' } })
    expect(answer).toEqual({
      lease: {
        id: expect.stringMatching(/^lease_/),
        expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
        ttl: 300,
        renewable: true,
        delegationDepth: 0,
      },
      proxyBaseUrl: 'https://gateway.example:9443/github',
      service: SERVICE,
      grantedScopes: ['GET /repos/acme/x/**'],
      credentialDescriptor: {
        type: 'oauth_bearer',
        brokered: false,
        autoRefresh: false,
        classification: 'confidential',
      },
      access: { method: 'x-crp/token', header: 'Authorization', prefix: 'Bearer', mtls: true },
    })
  })

  it('CRPX-06: lives no longer than asked for, and no longer than allowed', async () => {
    expect((await use({ ttl: 7 })).lease.ttl).toBe(7)
    expect((await use({ ttl: 86_400 })).lease.ttl).toBe(3600)
  })

  it('without scopes it has what the contract holds of the service', async () => {
    expect((await use({ scopes: [] })).grantedScopes).toEqual([
      'GET /repos/acme/**',
      'POST /repos/acme/**',
    ])
  })

  it('a scope by its name is granted whole or not at all', async () => {
    expect((await use({ scopes: ['issues'] })).grantedScopes).toEqual(['issues'])
    const denied = await site.call(site.planner, 'crp/use', { ...GITHUB, scopes: ['admin'] })
    expect(denied.error).toMatchObject({
      code: -33003,
      message: 'policy_denied',
      data: { code: 'not_narrower', service: SERVICE, deniedScopes: ['admin'] },
    })
  })

  it('CRP-32: a scope that the service does not have is another thing than one denied', async () => {
    const scopes = ['issues', 'no.such.scope']
    const answer = await site.call(site.planner, 'crp/use', { ...GITHUB, scopes })
    expect(answer.error).toMatchObject({
      code: -33009,
      message: 'scope_unavailable',
      data: { code: 'scope_not_granted', deniedScopes: ['no.such.scope'] },
    })
  })

  it('CRP-25: a service that is unknown and one that is not for this agent look alike', async () => {
    const answers = await Promise.all(
      ['nothing', 'stripe', 'payments/stripe', 'a/b/c'].map((service) =>
        site.call(site.planner, 'crp/use', { service }),
      ),
    )
    for (const { error } of answers) {
      const { service, ...data } = error.data
      expect([error.code, error.message, data]).toEqual([
        -33002,
        'service_not_found',
        { code: 'not_found', detail: 'There is nothing here for you.' },
      ])
      expect(service).toBeTypeOf('string')
    }
  })

  it('CRPX-02: a name that is none never reaches a lookup', async () => {
    for (const service of ['', 'a b', 'a\u0000', 'x'.repeat(129), '../é']) {
      expect(word(await site.call(site.planner, 'crp/use', { service }))).toEqual([
        -32602,
        'malformed',
      ])
    }
    const scopes = Array.from({ length: CRP_SCOPES_MAX + 1 }, () => 'issues')
    expect(word(await site.call(site.planner, 'crp/use', { service: SERVICE, scopes }))[0]).toBe(
      -32602,
    )
    expect(CATALOG_PARTS_MAX).toBe(CRP_SCOPES_MAX)
  })

  it('CRPX-36: an identity is the one of the service, or there is none', async () => {
    const answer = await site.call(site.planner, 'crp/use', { ...GITHUB, identityScope: 'x' })
    expect(word(answer)).toEqual([-33009, 'scope_not_granted'])
  })

  it('CRP-15: each has its record, with the face, the service and who asked', async () => {
    const { lease } = await use({ context: { consumer: 'claims-to-be', traceId: 'trace-1' } })
    const seen = await site.deployment.owner.ask('GET', `/v1/audit/search?lease=${lease.id}`)
    expect(JSON.parse(seen.json.items[0].body)).toMatchObject({
      event: 'lease.opened',
      outcome: 'allowed',
      actor: site.planner.uri,
      facts: {
        face: 'crp',
        service: SERVICE,
        claimed_consumer: 'claims-to-be',
        claimed_trace: 'trace-1',
      },
    })
  })
})

describe('CRPX-07: crp/lease', () => {
  it('CRP-08, CRPX-32: renews, and where to send calls stays the same', async () => {
    const { lease, proxyBaseUrl } = await use({ ttl: 60 })
    const renewed = await site.call(site.planner, 'crp/lease', {
      ...{ leaseId: lease.id, action: 'renew', ttl: 300 },
    })
    expect(renewed.result.lease).toMatchObject({ id: lease.id, renewable: true })
    expect(renewed.result.lease.ttl).toBeGreaterThan(290)
    expect(proxyBaseUrl).not.toContain(lease.id)
  })

  it('CRP-29: not more often, and not for longer, than a lease may', async () => {
    const { lease } = await use({ ttl: 60 })
    const renew = (ttl: number) =>
      site.call(site.planner, 'crp/lease', { leaseId: lease.id, action: 'renew', ttl })
    for (const ttl of [600, 1200, 1800]) expect((await renew(ttl)).error).toBeUndefined()
    expect(word(await renew(2400))).toEqual([-33006, 'renewal_exceeded'])
  })

  it('CRP-09: releases, and what is released is over', async () => {
    const { lease } = await use()
    const given = { leaseId: lease.id, action: 'release' }
    expect((await site.call(site.planner, 'crp/lease', given)).result).toEqual({
      released: true,
      leaseId: lease.id,
    })
    expect(word(await site.call(site.planner, 'crp/lease', given))).toEqual([-33005, 'released'])
  })

  it('CRPX-13: a root lease of a local client is renewed a little late, and then no more', async () => {
    const { lease } = await use({ ttl: 60 })
    const renew = () =>
      site.call(site.planner, 'crp/lease', { leaseId: lease.id, action: 'renew', ttl: 60 })
    site.deployment.advance(60 + CRP_RENEWAL_GRACE_SECONDS - 5)
    const late = await site.call(site.planner, 'x-crp/token', { leaseId: lease.id })
    expect(word(late)).toEqual([-33005, 'expired'])
    expect((await renew()).result.lease.ttl).toBeGreaterThan(50)
    site.deployment.advance(60 + CRP_RENEWAL_GRACE_SECONDS + 5)
    expect(word(await renew())).toEqual([-33005, 'expired'])
  })

  it('CRPX-13: a delegated lease has no grace', async () => {
    const { lease: parent } = await use({ ttl: 600 })
    const delegation = { parentLeaseId: parent.id }
    const { lease } = await use({ ttl: 30, delegation })
    site.deployment.advance(35)
    const renewed = await site.call(site.planner, 'crp/lease', {
      ...{ leaseId: lease.id, action: 'renew', ttl: 60 },
    })
    expect(word(renewed)).toEqual([-33005, 'expired'])
  })
})

describe('CRPX-33: crp/delegate and crp/revoke', () => {
  it('a part for one other agent, which alone can use it, once', async () => {
    const { lease } = await use({ scopes: [] })
    const given = {
      ...{ leaseId: lease.id, delegate: site.worker.uri, scopes: ['GET /repos/acme/x/**'] },
      ...{ ttl: 120, maxDepth: 0 },
    }
    const made = (await site.call(site.planner, 'crp/delegate', given)).result
    expect(made).toMatchObject({ parentLeaseId: lease.id, delegationDepth: 1, maxDepth: 1 })
    const delegation = { token: made.delegation.token }
    const stolen = await site.call(site.planner, 'crp/use', { service: SERVICE, delegation })
    expect(word(stolen)).toEqual([-33003, 'holder_binding_failed'])
    const child = await use({ delegation, scopes: [] }, site.worker)
    expect(child.lease).toMatchObject({ delegationDepth: 1, renewable: false })
    expect(child.grantedScopes).toEqual(['GET /repos/acme/x/**'])
    const again = await site.call(site.worker, 'crp/use', { service: SERVICE, delegation })
    expect(word(again)).toEqual([-33003, 'token_used'])
  })

  it('I4: no delegation is wider than its lease, or deeper than it may go', async () => {
    const { lease } = await use({ delegation: { maxDepth: 1 } })
    const order = { leaseId: lease.id, delegate: site.worker.uri }
    const wide = await site.call(site.planner, 'crp/delegate', {
      ...order,
      scopes: ['POST /repos/acme/x/issues'],
    })
    expect(wide.error).toMatchObject({
      code: -33003,
      data: { code: 'not_narrower', deniedScopes: ['POST /repos/acme/x/issues'] },
    })
    const deep = await site.call(site.planner, 'crp/delegate', { ...order, maxDepth: 3 })
    expect(word(deep)).toEqual([-33022, 'not_narrower'])
    const flat = await use({ delegation: { maxDepth: 0 } })
    const none = await site.call(site.planner, 'crp/delegate', {
      ...order,
      leaseId: flat.lease.id,
    })
    expect(none.error.code === -33003 || none.error.code === -33022).toBe(true)
  })

  it('CRP-10: revoking names what it ended, and nothing of it works any more', async () => {
    const { lease } = await use()
    const below = await use({ delegation: { parentLeaseId: lease.id } })
    const revoked = await site.call(site.planner, 'crp/revoke', {
      ...{ leaseId: lease.id, reason: 'credential exposed' },
    })
    expect(revoked.result).toMatchObject({
      revoked: true,
      leaseId: lease.id,
      affectedLeases: [lease.id, below.lease.id],
    })
    expect(CRP_AFFECTED_MAX).toBeGreaterThan(1)
    for (const leaseId of [lease.id, below.lease.id]) {
      const token = await site.call(site.planner, 'x-crp/token', { leaseId })
      expect(word(token)).toEqual([-33004, 'revoked'])
    }
    const seen = await site.deployment.owner.ask('GET', `/v1/audit/search?lease=${lease.id}`)
    const record = seen.json.items
      .map(({ body }: { body: string }) => JSON.parse(body))
      .find(({ event }: { event: string }) => event === 'revocation.recorded')
    expect(record.facts).toMatchObject({
      reason: 'manual_revocation',
      detail: 'credential exposed',
    })
  })

  it('CRP-27: an unknown lease and one of somebody else look alike, for every method', async () => {
    const { lease } = await use()
    const asks: readonly (readonly [string, object])[] = [
      ['crp/lease', { action: 'renew' }],
      ['crp/lease', { action: 'release' }],
      ['crp/revoke', { reason: 'rotation' }],
      ['crp/delegate', { delegate: 'spiffe://writ.test/agent/planner' }],
      ['x-crp/token', {}],
    ]
    for (const [method, more] of asks) {
      const [foreign, unknown] = await Promise.all(
        [lease.id, UNKNOWN].map((leaseId) => site.call(site.worker, method, { leaseId, ...more })),
      )
      expect(foreign.error).toEqual(unknown.error)
      expect([method, ...word(foreign)]).toEqual([method, -33004, 'not_found'])
    }
    const parents = await Promise.all(
      [lease.id, UNKNOWN].map((parentLeaseId) =>
        site.call(site.worker, 'crp/use', { ...GITHUB, delegation: { parentLeaseId } }),
      ),
    )
    expect(parents[0].error).toEqual(parents[1].error)
  })
})
