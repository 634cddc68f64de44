import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Deployment, openDeployment, type Peer } from '../support/http.ts'
import { delegateTo, openLease } from '../support/http-examples.ts'

describe('what a revocation of an agent would end', () => {
  let site: Deployment
  let planner: Peer
  let worker: Peer
  beforeAll(async () => {
    site = await openDeployment()
    planner = await site.enroll('planner')
    worker = await site.enroll('worker')
  })
  afterAll(() => site.close())

  const preview = async (subject: string, as = site.operator) => {
    const path = `/v1/revocations/preview?subject=${encodeURIComponent(subject)}`
    return as.ask('GET', path)
  }

  it('is counted over all it holds and what it passed on, each lease once', async () => {
    const first = await openLease(planner)
    await openLease(planner)
    const token = await delegateTo(planner, first, worker)
    await worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
    const { json } = await preview(`agent:${planner.uri}`)
    expect(json).toMatchObject({ leases: 3, live: 3, whole: true })
    expect(new Set(json.holders)).toEqual(new Set([planner.uri, worker.uri]))
    expect((await preview(`agent:${worker.uri}`)).json).toMatchObject({ leases: 1, live: 1 })
    const body = { subject: `agent:${planner.uri}`, effect: 'revoked', reason: 'a test' }
    await site.owner.ask('POST', '/v1/revocations', { body })
    expect((await preview(`agent:${planner.uri}`)).json).toMatchObject({ live: 0 })
    expect((await preview(`agent:${worker.uri}`)).json).toMatchObject({ live: 0 })
  })

  it('is nothing for an agent nobody knows, and is not told of other subjects', async () => {
    const stranger = planner.uri.replace('planner', 'stranger')
    expect((await preview(`agent:${stranger}`)).json).toEqual({
      ...{ leases: 0, live: 0, holders: [], whole: true },
    })
    for (const subject of ['tenant:default', 'key:x', 'agent:', 'lease:x']) {
      expect((await preview(subject)).json, subject).toMatchObject({ code: 'malformed' })
    }
    const own = await worker.ask('GET', `/v1/revocations/preview?subject=agent:${worker.uri}`)
    expect(own.json).toMatchObject({ code: expect.stringMatching(/forbidden|not_found/) })
  })
})
