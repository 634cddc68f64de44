import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Deployment, openDeployment } from '../support/http.ts'
import { openLease } from '../support/http-examples.ts'

describe('requests of one caller', () => {
  let site: Deployment
  beforeAll(async () => {
    site = await openDeployment({ callerRequestsPerMinute: 4, strangerRequestsPerMinute: 2 })
  })
  afterAll(() => site.close())

  it('are limited in a minute, apart from those of others', async () => {
    const statuses: number[] = []
    for (let i = 0; i < 5; i += 1) {
      statuses.push((await site.owner.ask('GET', '/v1/operators')).status)
    }
    expect(statuses).toEqual([200, 200, 200, 200, 429])
    const seen = await site.owner.ask('GET', '/v1/operators')
    expect(seen.json).toMatchObject({ code: 'rate_limited' })
    expect(Number(seen.headers['retry-after'])).toBe(seen.json.retry_after_seconds)
    expect((await site.operator.ask('GET', '/v1/agents')).status).toBe(200)
  })

  it('cannot be used up by strangers of the same address, who are limited apart', async () => {
    const statuses: number[] = []
    for (let i = 0; i < 3; i += 1) {
      statuses.push((await site.nobody.ask('GET', '/v1/operators')).status)
    }
    expect(statuses).toEqual([401, 401, 429])
    expect((await site.operator.ask('GET', '/v1/agents')).status).toBe(200)
  })
})

describe('a decision that takes too long', () => {
  it('is refused as unknown; the revocation that stands is found standing', async () => {
    const site = await openDeployment({ decisionDeadlineMs: 150 })
    try {
      const planner = await site.enroll('planner')
      const lease = await openLease(planner)
      const { store } = site.world
      const decide = store.decide.bind(store)
      store.decide = async (work) => {
        const decided = await decide(work)
        await new Promise((resolve) => {
          setTimeout(resolve, 400)
        })
        return decided
      }
      const ask = { body: { reason: 'x' } }
      const seen = await site.owner.ask('POST', `/v1/leases/${lease}/revoke`, ask)
      expect([seen.status, seen.json.code]).toEqual([503, 'status_unknown'])
      expect((await site.owner.ask('GET', `/v1/leases/${lease}`)).json.state).toBe('revoked')
    } finally {
      await site.close()
    }
  })
})
