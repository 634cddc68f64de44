import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Deployment, NARROW, openDeployment, type Peer } from '../support/http.ts'
import { openLease } from '../support/http-examples.ts'

let site: Deployment
let planner: Peer
let lease: string

beforeAll(async () => {
  site = await openDeployment()
  planner = await site.enroll('planner')
  lease = await openLease(planner)
})
afterAll(() => site.close())

/** PostgreSQL keeps no text with it, and SQLite reads a text up to it. */
const NUL = 'x\u0000y'

describe('words of people and agents with U+0000 are malformed', () => {
  const reason = NUL
  const subject = (): string => `lease:${lease}`
  const cases: readonly (readonly ['GET' | 'POST', () => string, () => object | undefined])[] = [
    ['POST', () => `/v1/leases/${lease}/revoke`, () => ({ reason })],
    ['POST', () => '/v1/revocations', () => ({ subject: subject(), effect: 'suspended', reason })],
    ['POST', () => '/v1/handles', () => ({ lease_id: lease, label: NUL })],
    ['GET', () => `/v1/leases?text=${encodeURIComponent(NUL)}`, () => undefined],
    ['GET', () => `/v1/audit/search?text=${encodeURIComponent(NUL)}`, () => undefined],
  ]
  it.each(cases)('%s %s', async (method, path, body) => {
    const sent = body()
    const seen = await site.owner.ask(method, path(), sent === undefined ? {} : { body: sent })
    expect([seen.status, seen.json.code]).toEqual([400, 'malformed'])
  })

  it('and so is the reason of an agent', async () => {
    const seen = await planner.ask('POST', '/v1/leases', { body: { scope: NARROW, reason } })
    expect([seen.status, seen.json.reasons[0].pointer]).toEqual([400, '/reason'])
  })
})
