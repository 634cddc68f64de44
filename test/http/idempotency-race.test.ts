import { afterAll, beforeAll, expect, it } from 'vitest'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { claimKey } from '../../src/http/idempotency.ts'
import { open } from '../../src/http/routes/leases.ts'
import type { Store } from '../../src/store/ports.ts'
import { openLease } from '../../src/usecases/leases/open-lease.ts'
import { type Deployment, NARROW, openDeployment, type Peer } from '../support/http.ts'

let site: Deployment
let planner: Peer

beforeAll(async () => {
  site = await openDeployment()
  planner = await site.enroll('planner')
})
afterAll(() => site.close())

it('I10: of two that claim a key before either creates, one creates and both are recorded', async () => {
  const caller = {
    kind: 'agent',
    tenant: DEFAULT_TENANT,
    request: site.world.ids.request(),
    uri: planner.uri as never,
    certificate: planner.thumbprint as never,
  } as const
  const claim = async (): Promise<Store> => {
    const request = { caller, key: 'same', fingerprint: 'f' }
    const claimed = await claimKey(site.world.store, open, request)
    if (!claimed.ok || claimed.value.kind !== 'fresh') throw new Error('not fresh')
    return claimed.value.store
  }
  const stores = [await claim(), await claim()]
  const results = []
  for (const store of stores) {
    results.push(await openLease({ ...site.world, store }, caller, { scope: NARROW }))
  }
  expect(results.map((result) => (result.ok ? 'created' : result.refusal.code))).toEqual([
    'created',
    'conflict',
  ])
  const listed = await planner.ask('GET', '/v1/leases')
  expect(listed.json.items).toHaveLength(1)
  const trail = await site.owner.ask('GET', '/v1/audit?limit=1000')
  const mine = trail.json.items.filter((item: { body: string }) =>
    item.body.includes(caller.request),
  )
  expect(mine).toHaveLength(2)
})
