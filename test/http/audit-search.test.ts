import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiApp } from '../../src/compose/apps.ts'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import {
  ACTIVITY_ROWS_MAX,
  AUDIT_FOUND_MAX,
  AUDIT_SEARCH_ROWS_MAX,
} from '../../src/domain/limits.ts'
import { accept } from '../../src/domain/result.ts'
import { createHealth } from '../../src/listener/health.ts'
import { createLog } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { type Deployment, openDeployment, type Peer } from '../support/http.ts'
import { openLease } from '../support/http-examples.ts'

interface Told {
  readonly event: string
  readonly outcome: string
  readonly actor: string
  readonly lease: string | null
  readonly request: string
  readonly sequence: number
  readonly time: number
}

let site: Deployment
let planner: Peer
let other: Peer
let lease: string

beforeAll(async () => {
  site = await openDeployment()
  planner = await site.enroll('planner')
  other = await site.enroll('other')
  lease = await openLease(planner)
  for (let at = 0; at < 3; at += 1) await openLease(other)
  await other.ask('POST', `/v1/leases/${lease}/revoke`, { body: { reason: 'not mine' } })
})
afterAll(() => site.close())

async function search(query: Record<string, string>) {
  const seen = await site.owner.ask('GET', `/v1/audit/search?${new URLSearchParams(query)}`)
  const items = (seen.json.items ?? []) as { body: string }[]
  return { ...seen, told: items.map(({ body }) => JSON.parse(body) as Told) }
}

async function follow(after?: string) {
  const log = createLog({ level: 'error', destination: { write: () => undefined } })
  const health = createHealth({ store: async () => ({ ok: true, detail: 'up' }) })
  const { world } = site
  const api = createApiApp({ world, log, metrics: createMetrics(), health, hosts: ['a.example'] })
  const answer = await api.request('/v1/audit/stream', {
    headers: {
      authorization: `Bearer ${site.ownerToken}`,
      host: 'a.example',
      ...(after === undefined ? {} : { 'last-event-id': after }),
    },
  })
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  const take = async (): Promise<{ id: string; event: string; data: string }> => {
    for (;;) {
      const found = /^id: (.*)\nevent: (.*)\ndata: (.*)\n\n/m.exec(rest)
      if (found !== null) {
        rest = rest.slice(found.index + found[0].length)
        const [, id = '', event = '', data = ''] = found
        return { id, event, data }
      }
      const chunk = await reader?.read()
      if (chunk?.value === undefined) throw new Error('the stream has ended')
      rest += chunk.value
    }
  }
  const next = async (wanted: string): Promise<{ id: string; told: Told }> => {
    for (;;) {
      const { id, event, data } = await take()
      const told = event === 'record' ? JSON.parse(JSON.parse(data).body) : undefined
      if (told?.event === wanted) return { id, told }
    }
  }
  const skipped = async (): Promise<number> => {
    for (;;) {
      const { event, data } = await take()
      if (event === 'skipped') return JSON.parse(data).records
    }
  }
  return { status: answer.status, next, skipped, end: () => reader?.cancel() }
}

describe('a search of the audit trail', () => {
  it('tells the newest record first', async () => {
    const { told } = await search({})
    const sequences = told.map(({ sequence }) => sequence)
    expect(sequences).toEqual(sequences.toSorted((a, b) => b - a))
    expect(told.length).toBeGreaterThan(5)
  })

  it('finds by event, outcome, agent, lease, request and a part of the text', async () => {
    const opened = await search({ event: 'lease.opened' })
    expect(opened.told.map(({ event }) => event)).toEqual(Array(4).fill('lease.opened'))
    const mine = await search({ event: 'lease.opened', actor: planner.uri })
    expect(mine.told).toMatchObject([{ lease, actor: planner.uri }])
    expect((await search({ lease })).told.every((one) => one.lease === lease)).toBe(true)
    const request = mine.told[0]?.request ?? ''
    expect((await search({ request })).told).toMatchObject([{ lease, request }])
    expect((await search({ text: request.toUpperCase() })).told).toHaveLength(1)
    expect((await search({ text: 'nothing says this' })).told).toEqual([])
  })

  it('finds every refusal, or one kind of them', async () => {
    const refused = await search({ outcome: 'refused' })
    expect(refused.told.length).toBeGreaterThan(0)
    expect(refused.told.filter(({ outcome }) => outcome === 'allowed')).toEqual([])
    const [first] = refused.told
    const same = await search({ outcome: first?.outcome ?? '' })
    expect(same.told).toContainEqual(first)
    expect((await search({ outcome: 'no_such_code' })).status).toBe(400)
  })

  it('goes on where it stopped, and misses and repeats nothing', async () => {
    const whole = (await search({ limit: '200' })).told.map(({ sequence }) => sequence)
    const pages: number[] = []
    let cursor: string | null = null
    do {
      const page = await search({ limit: '2', ...(cursor === null ? {} : { cursor }) })
      pages.push(...page.told.map(({ sequence }) => sequence))
      cursor = page.json.cursor
    } while (cursor !== null)
    expect(pages).toEqual(whole)
  })

  it('is for people, and takes no more than it answers', async () => {
    expect((await planner.ask('GET', '/v1/audit/search')).status).toBe(403)
    expect((await search({ limit: String(AUDIT_FOUND_MAX + 1) })).status).toBe(400)
    expect((await search({ cursor: '12.somewhere' })).status).toBe(400)
  })
})

describe('one record', () => {
  it('is told with its place in the chain', async () => {
    const [found] = (await search({ event: 'lease.opened', actor: planner.uri })).json.items
    const path = `/v1/audit/records/${found.chain}/${found.sequence}`
    const before = await site.owner.ask('GET', path)
    expect(before.json).toMatchObject({ record: found, linked: true })
    expect((await site.owner.ask('GET', `/v1/audit/records/${found.chain}/99999`)).status).toBe(404)
    expect((await planner.ask('GET', path)).status).toBe(403)
  })

  it('is not linked once its text was changed', async () => {
    const [found] = (await search({ event: 'lease.opened', actor: other.uri })).json.items
    const { store } = site.world
    const changed = found.body.replace('lease.opened', 'lease.closed')
    const read: typeof store.read = (work) =>
      store.read((reads) =>
        work({
          ...reads,
          auditRows: async (after, limit) =>
            (await reads.auditRows(after, limit)).map((row) =>
              row.hash === found.hash ? { ...row, body: changed } : row,
            ),
        }),
      )
    const { readAuditRecord } = await import('../../src/usecases/audit/read-record.ts')
    const world = { ...site.world, store: Object.assign(Object.create(store), { read }) }
    const caller = { kind: 'owner', tenant: 'default', name: 'owner', request: 'r' } as never
    const told = await readAuditRecord(world, caller, found)
    expect(told).toMatchObject({ ok: true, value: { linked: false } })
  })
})

describe('a stream of what is decided', () => {
  it('tells of a revocation as it is recorded, and goes on after a break', async () => {
    const stream = await follow()
    await site.owner.ask('POST', `/v1/leases/${lease}/revoke`, { body: { reason: 'a test' } })
    const { id, told } = await stream.next('revocation.recorded')
    expect(told).toMatchObject({ lease, outcome: 'allowed' })
    await stream.end()
    const opened = await openLease(other)
    const again = await follow(id)
    expect((await again.next('lease.opened')).told.lease).toBe(opened)
    await again.end()
  })

  it('does not begin anywhere else', async () => {
    expect((await follow('nowhere')).status).toBe(400)
  })
})

describe('a long trail', () => {
  const QUIET = 'webhook.tested'

  function decideMany(count: number): Promise<unknown> {
    const { store, ids } = site.world
    const one = () =>
      store.decide<void>(async () => ({
        result: accept(undefined),
        record: {
          event: QUIET,
          outcome: 'allowed',
          tenant: DEFAULT_TENANT,
          actor: 'authority',
          request: ids.request(),
          lease: null,
          facts: {},
        },
      }))
    return Promise.all(Array.from({ length: count }, one))
  }

  it('is searched in parts, and told in a stream up to its newest', async () => {
    const stream = await follow()
    await decideMany(ACTIVITY_ROWS_MAX + 50)
    expect(await stream.skipped()).toBeGreaterThanOrEqual(50)
    await stream.end()
    for (let done = 0; done < AUDIT_SEARCH_ROWS_MAX; done += 1_000) await decideMany(1_000)
    const first = await search({ event: 'lease.opened', actor: planner.uri })
    expect(first.json).toMatchObject({ items: [], looked_at: AUDIT_SEARCH_ROWS_MAX })
    const second = await search({ event: 'lease.opened', cursor: first.json.cursor })
    expect(second.told.map(({ lease }) => lease)).toContain(lease)
    expect(second.json.cursor).toBeNull()
  })
})
