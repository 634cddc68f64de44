import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CRP_SERVICES_MAX, RPC_BATCH_MAX } from '../../../src/domain/limits.ts'
import { CANARY, type CrpSite, openCrpSite } from '../../support/crp.ts'

const SERVICE = 'github.com/api'
const GITHUB = { service: SERVICE, scopes: ['GET /repos/acme/x/**'] }

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

describe('CRPX-09: crp/list', () => {
  it('CRP-07: tells what this agent could use, and nothing of the rest', async () => {
    expect((await site.call(site.planner, 'crp/list')).result).toEqual({
      services: [
        {
          service: SERVICE,
          credentialTypes: ['oauth_bearer'],
          availableScopes: ['issues', 'GET /repos/acme/**', 'POST /repos/acme/**'],
          maxTtl: 3600,
          description: 'Calls to https://api.github.com through the gateway.',
        },
      ],
      cursor: null,
    })
  })

  it('filters by prefix and type; a cursor is one of ours', async () => {
    const services = async (given: object) =>
      (await site.call(site.planner, 'crp/list', given)).result.services.length
    expect(await services({ filter: { servicePrefix: 'github' } })).toBe(1)
    expect(await services({ filter: { servicePrefix: 'stripe' } })).toBe(0)
    expect(await services({ filter: { credentialType: 'oauth_bearer' } })).toBe(1)
    expect(await services({ filter: { credentialType: 'api_key' } })).toBe(0)
    const cursor = Buffer.from(SERVICE).toString('base64url')
    expect(await services({ cursor })).toBe(0)
    for (const given of [{ cursor: '%' }, { limit: CRP_SERVICES_MAX + 1 }, { limit: 0 }]) {
      expect(word(await site.call(site.planner, 'crp/list', given))[0]).toBe(-32602)
    }
  })
})

describe('the transport', () => {
  it('CRPX-20: who has no certificate of ours gets no connection, and people have no /crp', async () => {
    const seen = await site.deployment.owner.ask('POST', '/crp', { body: {} })
    expect(seen.status).toBe(404)
  })

  it('a batch is answered in its order, and its calls count one by one', async () => {
    const call = (id: number, method: string, params: object) => ({
      ...{ jsonrpc: '2.0', id, method, params },
    })
    const body = [call(1, 'crp/list', {}), call(2, 'crp/use', GITHUB), call(3, 'crp/none', {})]
    const seen = await site.planner.ask('POST', '/crp', { body })
    expect(seen.json.map(({ id }: { id: number }) => id)).toEqual([1, 2, 3])
    expect(seen.json[2].error.code).toBe(-32601)
    const flood = Array.from({ length: RPC_BATCH_MAX + 1 }, (_, id) => call(id, 'crp/use', GITHUB))
    const refused = await site.planner.ask('POST', '/crp', { body: flood })
    expect(refused.json).toMatchObject({ id: null, error: { code: -32600 } })
  })

  it('a notification is done and answered with nothing', async () => {
    const { lease } = await use()
    const params = { leaseId: lease.id, reason: 'rotation' }
    const body = { jsonrpc: '2.0', method: 'crp/revoke', params }
    const seen = await site.planner.ask('POST', '/crp', { body })
    expect([seen.status, seen.text]).toEqual([204, ''])
    const after = await site.call(site.planner, 'x-crp/token', { leaseId: lease.id })
    expect(word(after)).toEqual([-33004, 'revoked'])
  })

  it('I12: the secret is in no answer, no record and no line of the log', async () => {
    const trail = await site.deployment.owner.ask('GET', '/v1/audit?limit=100')
    const { world: _world, ...rest } = site.deployment
    expect(trail.text).not.toContain(CANARY)
    expect(rest.lines.join('\n')).not.toContain(CANARY)
    expect(await rest.metrics.text()).not.toContain(CANARY)
    expect(JSON.stringify(await use())).not.toContain(CANARY)
  })

  it('CRPX-16: each call is told to the log by the names CRP has for events', async () => {
    const { lease } = await use()
    await site.call(site.planner, 'crp/lease', { leaseId: lease.id, action: 'renew', ttl: 900 })
    await site.call(site.planner, 'crp/lease', { leaseId: lease.id, action: 'release' })
    await site.call(site.planner, 'crp/use', { service: 'nothing' })
    const told = site.deployment.lines
      .map((line) => JSON.parse(line))
      .filter((line) => line.crp_event !== undefined)
      .slice(-4)
    expect(told.map((line) => [line.crp_event, line.outcome, line.consumer])).toEqual([
      ['credential.resolved', 'allowed', site.planner.uri],
      ['lease.renewed', 'allowed', site.planner.uri],
      ['lease.released', 'allowed', site.planner.uri],
      ['credential.denied', 'not_found', site.planner.uri],
    ])
  })
})
