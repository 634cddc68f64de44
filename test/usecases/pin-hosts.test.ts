import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type AgentUri,
  type CertificateThumbprint,
  DEFAULT_TENANT,
  type LeaseId,
} from '../../src/domain/ids.ts'
import { DNS_PINS_PER_OPENING_MAX } from '../../src/domain/limits.ts'
import { openLease } from '../../src/usecases/leases/open-lease.ts'
import { pinsInStore, type UpstreamNames } from '../../src/usecases/leases/pin-hosts.ts'
import type { World } from '../../src/usecases/world.ts'
import { done } from '../support/done.ts'
import { AUDIENCE, type Deployment, NARROW, openDeployment, type Peer } from '../support/http.ts'

let site: Deployment
let planner: Peer

beforeAll(async () => {
  site = await openDeployment()
  planner = await site.enroll('planner')
})
afterAll(() => site.close())

const names = (resource: string, ...hosts: readonly string[]) =>
  hosts.map((host) => ({ host, resource }))

/** Opens a root where the upstreams are these; answers its pins. */
async function openWith(upstreamNames: UpstreamNames) {
  const world: World = { ...site.world, upstreamNames }
  const caller = {
    kind: 'agent',
    tenant: DEFAULT_TENANT,
    request: world.ids.request(),
    uri: planner.uri as AgentUri,
    certificate: planner.thumbprint as CertificateThumbprint,
  } as const
  const opened = done(
    await openLease(world, caller, { scope: { ...NARROW, audiences: [AUDIENCE] } }),
  )
  if (!opened.ok) throw new Error(opened.refusal.code)
  const root = opened.value.id
  return { root, pins: pinsInStore(world, DEFAULT_TENANT) }
}

const recordsOf = async (root: LeaseId) => {
  const rows = await site.world.store.read((reads) => reads.auditRows({}, 1_000))
  return rows.map(({ body }) => JSON.parse(body)).filter(({ lease }) => lease === root)
}

describe('CDP-18: names are pinned when a root lease is opened', () => {
  it('those behind the resources the lease names, and no others, with a record', async () => {
    const asked: string[] = []
    const { root, pins } = await openWith({
      names: [...names(AUDIENCE, 'api.test', 'api.test'), ...names('urn:other', 'other.test')],
      resolve: async (host) => {
        asked.push(host)
        return ['192.0.2.7']
      },
    })
    expect(await pins.read({ root, host: 'api.test' })).toEqual(['192.0.2.7'])
    expect(await pins.read({ root, host: 'other.test' })).toBeUndefined()
    expect(asked).toEqual(['api.test'])
    expect(await recordsOf(root)).toMatchObject([
      { event: 'lease.opened', facts: { pinned: 'api.test' } },
    ])
  })

  it('leaves what gives no answer to the first call, whose pin then stands', async () => {
    const resolve = () => Promise.reject(new Error('away'))
    const { root, pins } = await openWith({ names: names(AUDIENCE, 'api.test'), resolve })
    const name = { root, host: 'api.test' }
    expect(await pins.read(name)).toBeUndefined()
    expect(await pins.pin(name, ['192.0.2.8'])).toEqual(['192.0.2.8'])
    expect(await pins.pin(name, ['198.51.100.9'])).toEqual(['192.0.2.8'])
    expect((await recordsOf(root)).map(({ event }) => event)).toContain('tree.pinned')
  })

  it('asks for at most DNS_PINS_PER_OPENING_MAX names', async () => {
    const hosts = Array.from({ length: DNS_PINS_PER_OPENING_MAX + 4 }, (_, i) => `h${i}.test`)
    let asked = 0
    await openWith({
      names: names(AUDIENCE, ...hosts),
      resolve: async () => {
        asked += 1
        return ['192.0.2.1']
      },
    })
    expect(asked).toBe(DNS_PINS_PER_OPENING_MAX)
  })

  it('a name that moved away from its silent pin is an alert for the owner of the tree', async () => {
    const { root, pins } = await openWith({ names: [], resolve: async () => [] })
    await pins.moved({ root, host: 'api.test' })
    const { json } = await site.owner.ask('GET', '/v1/alerts?kind=upstream.moved')
    expect(json.items).toMatchObject([{ lease_id: root, facts: { host: 'api.test' } }])
  })
})
