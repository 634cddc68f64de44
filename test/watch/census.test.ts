import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CENSUS_LOOK_MS, CENSUS_REST } from '../../src/domain/limits.ts'
import { createMetrics } from '../../src/metrics.ts'
import { StoreFault } from '../../src/store/fault.ts'
import { Census } from '../../src/usecases/census.ts'
import { type Deployment, openDeployment, type Peer } from '../support/http.ts'
import { openLease } from '../support/http-examples.ts'

let site: Deployment
let agent: Peer
beforeAll(async () => {
  site = await openDeployment()
  agent = await site.enroll('counted')
})
afterAll(() => site.close())

/** A census with the numbers that it tells. */
function counting(counts = () => true, ticks?: () => number) {
  const metrics = createMetrics()
  const failures: unknown[] = []
  const census = new Census({
    store: site.world.store,
    told: { leases: metrics.liveLeases, waiting: metrics.waiting },
    counts,
    failed: (fault) => failures.push(fault),
    ...(ticks === undefined ? {} : { ticks }),
  })
  const told = async (name: string) => {
    const [, value] = new RegExp(`^writ_${name} (\\d+)$`, 'm').exec(await metrics.text()) ?? []
    return value === undefined ? undefined : Number(value)
  }
  return { census, told, failures }
}

describe('the census', () => {
  it('tells how many leases live and who waits; a look at the numbers asks the store nothing', async () => {
    const { census, told } = counting()
    expect(await told('leases_live')).toBeUndefined()
    const lease = await openLease(agent)
    await openLease(agent)
    await census.look()
    const before = await told('leases_live')
    expect([before, await told('approvals_waiting')]).toEqual([2, 0])
    await agent.ask('POST', `/v1/leases/${lease}/revoke`, { body: { reason: 'a test' } })
    expect(await told('leases_live')).toBe(2)
    const again = counting()
    await again.census.look()
    expect(await again.told('leases_live')).toBe(1)
  })

  it('rests from leases as long as the limit says, and from who waits never', async () => {
    let now = 0
    const { census, told } = counting(undefined, () => {
      now += 10
      return now
    })
    await census.look()
    const before = await told('leases_live')
    await openLease(agent)
    for (let looks = 1; looks < CENSUS_REST; looks += 1) await census.look()
    expect(await told('leases_live')).toBe(before)
    await census.look()
    expect(await told('leases_live')).toBe((before ?? 0) + 1)
    expect((CENSUS_REST + 1) * 0.05).toBe(1)
    expect(CENSUS_LOOK_MS).toBeLessThanOrEqual(15_000)
  })

  it('tells nothing while another process counts, nor while the store is away', async () => {
    let mine = true
    const { census, told, failures } = counting(() => mine)
    await census.look()
    expect(await told('leases_live')).toBeGreaterThan(0)
    mine = false
    await census.look()
    expect(await told('leases_live')).toBeUndefined()
    mine = true
    const { store } = site.world
    const { read } = store
    Object.assign(store, { read: () => Promise.reject(new StoreFault('status_unknown', 'away')) })
    await census.look().finally(() => Object.assign(store, { read }))
    expect([await told('approvals_waiting'), failures.length]).toEqual([undefined, 1])
    await census.look()
    expect(await told('leases_live')).toBeGreaterThan(0)
  })

  it('counts no more once it is closed', async () => {
    const { census, told } = counting()
    await census.close()
    await census.look()
    expect(await told('leases_live')).toBeUndefined()
  })
})
