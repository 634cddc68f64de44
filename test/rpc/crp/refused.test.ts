import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ScopeRequest } from '../../../src/domain/scope/types.ts'
import { type CrpSite, openCrpSite, ROUTES, TERMS } from '../../support/crp.ts'
import { CONTRACT, type Peer } from '../../support/http.ts'

const SERVICE = 'github.com/api'

let site: CrpSite
let first: Peer
let second: Peer

beforeAll(async () => {
  site = await openCrpSite()
  const [, stripe] = ROUTES
  const credential = {
    ...{ name: 'payments/stripe', kind: 'bearer', category: 'api_key' },
    origins: [stripe?.origin],
    fields: { value: 'sk_canary' },
  }
  await site.deployment.owner.ask('POST', '/v1/credentials', { body: credential })
  const there = { type: 'http', hosts: ['api.stripe.com'], methods: ['GET'], paths: ['/**'] }
  const contract = {
    ...CONTRACT,
    grants: [...CONTRACT.grants, there],
    audiences: ROUTES.map(({ resource }) => resource),
  } as ScopeRequest
  first = await site.deployment.enroll('first', { contract, terms: TERMS })
  second = await site.deployment.enroll('second', { contract, terms: TERMS })
})
afterAll(() => site?.close())

/** How many records of an event are there with an outcome. */
async function records(event: string, outcome: string): Promise<number> {
  const path = `/v1/audit/search?event=${event}&outcome=${outcome}`
  return (await site.deployment.owner.ask('GET', path)).json.items.length
}

describe('what CRP refuses before there is a lease to open', () => {
  it('I10: has its record, whatever the scope was asked by', async () => {
    const asked = { service: SERVICE, scopes: ['no.such.scope'] }
    await site.call(first, 'crp/use', asked)
    expect(await records('lease.opened', 'scope_not_granted')).toBe(1)
    await site.call(first, 'crp/use', { service: SERVICE, identityScope: 'another' })
    expect(await records('lease.opened', 'scope_not_granted')).toBe(2)
    const { result } = await site.call(first, 'crp/use', { service: SERVICE })
    const part = { leaseId: result.lease.id, delegate: second.uri, scopes: ['no.such.scope'] }
    await site.call(first, 'crp/delegate', part)
    expect(await records('delegation.created', 'scope_not_granted')).toBe(1)
  })

  it('I7: a delegation for another service is refused unspent', async () => {
    const { result } = await site.call(first, 'crp/use', {
      service: SERVICE,
      delegation: { maxDepth: 1 },
    })
    const order = { leaseId: result.lease.id, delegate: second.uri }
    const made = await site.call(first, 'crp/delegate', order)
    const { token } = made.result.delegation
    const elsewhere = await site.call(second, 'crp/use', {
      service: 'stripe',
      delegation: { token },
    })
    expect(elsewhere.error.data.code).toBe('audience_mismatch')
    const here = await site.call(second, 'crp/use', { service: SERVICE, delegation: { token } })
    expect(here.result.lease.delegationDepth).toBe(1)
  })
})
