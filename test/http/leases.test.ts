import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONTRACT, type Deployment, NARROW, openDeployment, type Peer } from '../support/http.ts'
import { delegateTo, NO_LEASE, openLease } from '../support/http-examples.ts'

let site: Deployment
let planner: Peer
let worker: Peer
let stranger: Peer

beforeAll(async () => {
  site = await openDeployment()
  planner = await site.enroll('planner')
  worker = await site.enroll('worker')
  stranger = await site.enroll('stranger')
})
afterAll(() => site.close())

/** A root lease of the planner and a child of the worker. */
async function family(): Promise<{ root: string; child: string }> {
  const root = await openLease(planner)
  const token = await delegateTo(planner, root, worker)
  const born = await worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
  expect(born.status).toBe(201)
  return { root, child: born.json.id }
}

describe('leases over HTTP', () => {
  it('are opened by an agent, for its owner, with every dimension explicit', async () => {
    const body = { scope: NARROW, ttl_seconds: 120, reason: 'nightly build' }
    const seen = await planner.ask('POST', '/v1/leases', { body })
    expect(seen.status).toBe(201)
    expect(seen.json).toMatchObject({
      parent_id: null,
      root_id: seen.json.id,
      lineage: [seen.json.id],
      depth: 0,
      holder: planner.uri,
      subject: 'owner',
      state: 'live',
      renewals: 0,
      uses_spent: 0,
      contract_version: 1,
      attestation: { tier: 'warning', method: 'mtls' },
    })
    const life = Date.parse(seen.json.expires_at) - Date.parse(seen.json.opened_at)
    expect(life).toBe(120_000)
    expect(seen.json.scope.grants[0]).toMatchObject({ schemes: ['https'], ports: [443] })
  })

  it('I4: may not be wider than the contract, and the answer points at what is', async () => {
    const [grant] = CONTRACT.grants
    const scope = { ...CONTRACT, grants: [{ ...grant, hosts: ['**.github.com'] }] }
    const seen = await planner.ask('POST', '/v1/leases', { body: { scope } })
    expect([seen.status, seen.json.code]).toEqual([403, 'not_narrower'])
    expect(seen.json.reasons[0].pointer).toBe('/grants/0/hosts/0')
  })

  it('show malformed scopes by a pointer from the root of the body', async () => {
    const scope = { ...NARROW, grants: [{ ...NARROW.grants[0], surplus: 1 }] }
    const seen = await planner.ask('POST', '/v1/leases', { body: { scope } })
    expect([seen.status, seen.json.code]).toEqual([400, 'malformed'])
    expect(seen.json.reasons[0].pointer).toBe('/scope/grants/0/surplus')
  })

  it('I2: a child stands one deeper, under the same subject', async () => {
    const { root, child } = await family()
    const seen = await worker.ask('GET', `/v1/leases/${child}`)
    expect(seen.json).toMatchObject({
      parent_id: root,
      root_id: root,
      lineage: [root, child],
      depth: 1,
      holder: worker.uri,
      subject: 'owner',
    })
  })

  it('are seen by their holder, holders above, owners and operators, and by nobody else', async () => {
    const { root, child } = await family()
    for (const asker of [worker, planner, site.owner, site.operator]) {
      expect((await asker.ask('GET', `/v1/leases/${child}`)).status).toBe(200)
    }
    expect((await worker.ask('GET', `/v1/leases/${root}`)).status).toBe(404)
    expect((await stranger.ask('GET', `/v1/leases/${child}`)).status).toBe(404)
  })

  it('look alike to strangers whether unknown, foreign, revoked or misspelled', async () => {
    const foreign = await openLease(planner)
    const revoked = await openLease(planner)
    await planner.ask('POST', `/v1/leases/${revoked}/revoke`, { body: { reason: 'x' } })
    const verbs = [
      ['GET', '', undefined],
      ['GET', '/tree', undefined],
      ['GET', '/revoke-preview', undefined],
      ['POST', '/release', undefined],
      ['POST', '/renew', { ttl_seconds: 60 }],
      ['POST', '/revoke', { reason: 'x' }],
    ] as const
    for (const [method, verb, body] of verbs) {
      const answers = new Set<string>()
      for (const id of [foreign, revoked, NO_LEASE, 'lease_x']) {
        const ask = body === undefined ? {} : { body }
        const seen = await stranger.ask(method, `/v1/leases/${id}${verb}`, ask)
        answers.add(JSON.stringify({ ...seen.json, request_id: '', instance: '' }))
      }
      expect([verb, [...answers]]).toEqual([verb, [expect.stringContaining('"not_found"')]])
    }
  })

  it('I9: are dead with everything below once the revocation has answered', async () => {
    const { root, child } = await family()
    const seen = await planner.ask('POST', `/v1/leases/${root}/revoke`, { body: { reason: 'x' } })
    expect(seen.json.subject).toBe(`lease:${root}`)
    expect(seen.json.record).toEqual({ chain: expect.any(String), sequence: expect.any(Number) })
    expect((await worker.ask('GET', `/v1/leases/${child}`)).json.state).toBe('revoked')
    const renewal = { body: { ttl_seconds: 60 } }
    const renewed = await worker.ask('POST', `/v1/leases/${child}/renew`, renewal)
    expect([renewed.status, renewed.json.code]).toEqual([401, 'revoked'])
  })

  it('are revoked by a holder above, not by one below', async () => {
    const { root, child } = await family()
    const ask = { body: { reason: 'x' } }
    expect((await worker.ask('POST', `/v1/leases/${root}/revoke`, ask)).status).toBe(404)
    expect((await planner.ask('POST', `/v1/leases/${child}/revoke`, ask)).status).toBe(200)
  })

  it('tell before a revocation what it would end', async () => {
    const { root } = await family()
    const seen = await site.owner.ask('GET', `/v1/leases/${root}/revoke-preview`)
    expect(seen.json).toEqual({ leases: 2, live: 2, holders: [planner.uri, worker.uri] })
  })

  it('come as a tree, parents first, cut at the limit', async () => {
    const { root, child } = await family()
    const whole = await planner.ask('GET', `/v1/leases/${root}/tree`)
    expect(whole.json.items.map((item: { id: string }) => item.id)).toEqual([root, child])
    expect(whole.json.truncated).toBe(false)
    const cut = await planner.ask('GET', `/v1/leases/${root}/tree?limit=1`)
    expect([cut.json.items.length, cut.json.truncated]).toEqual([1, true])
  })

  it('come one level at a time, with what is below each and its own state', async () => {
    const { root, child } = await family()
    const level = await planner.ask('GET', `/v1/leases/${root}/children`)
    expect(level.json).toMatchObject({ items: [{ id: child, state: 'live', children: 0 }] })
    const roots = async () => {
      const path = `/v1/leases?roots=true&text=${root.slice(-8)}`
      const seen = await site.owner.ask('GET', path)
      return seen.json.items.map(({ id, state }: { id: string; state: string }) => [id, state])
    }
    expect(await roots()).toEqual([[root, 'live']])
    await planner.ask('POST', `/v1/leases/${child}/revoke`, { body: { reason: 'x' } })
    const after = await planner.ask('GET', `/v1/leases/${root}/children`)
    expect(after.json.items).toMatchObject([{ id: child, state: 'revoked' }])
    expect(await roots()).toEqual([[root, 'live']])
    const tree = await planner.ask('GET', `/v1/leases/${root}/tree`)
    expect(tree.json.items.map(({ state }: { state: string }) => state)).toEqual([
      'live',
      'revoked',
    ])
  })

  it('are listed page by page: an agent sees its own, an owner all', async () => {
    const lone = await site.enroll(`lone`)
    const ids = [await openLease(lone), await openLease(lone), await openLease(lone)]
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const page = await lone.ask('GET', `/v1/leases?limit=2${query}`)
      seen.push(...page.json.items.map((item: { id: string }) => item.id))
      cursor = page.json.cursor
    } while (cursor !== null)
    expect(seen.sort()).toEqual(ids.sort())
    const holder = encodeURIComponent(lone.uri)
    expect((await site.owner.ask('GET', `/v1/leases?holder=${holder}`)).json.items).toHaveLength(3)
    expect((await stranger.ask('GET', `/v1/leases?holder=${holder}`)).status).toBe(403)
  })

  it('are renewed and released by their holder', async () => {
    const id = await openLease(planner)
    const renewed = await planner.ask('POST', `/v1/leases/${id}/renew`, {
      body: { ttl_seconds: 700 },
    })
    expect([renewed.status, renewed.json.renewals, renewed.json.state]).toEqual([200, 1, 'live'])
    const released = await planner.ask('POST', `/v1/leases/${id}/release`)
    expect([released.status, released.json.state]).toEqual([200, 'released'])
    const again = await planner.ask('POST', `/v1/leases/${id}/release`)
    expect([again.status, again.json.code]).toEqual([401, 'released'])
  })
})
