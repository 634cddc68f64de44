import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TenantId } from '../../src/domain/ids.ts'
import { ROUTES } from '../../src/http/route-table.ts'
import { type Asker, type Deployment, openDeployment, type Peer } from '../support/http.ts'
import { openLease } from '../support/http-examples.ts'
import { insertPerson } from '../support/people.ts'

let site: Deployment
let stranger: Asker
let planner: Peer
let lease: string

beforeAll(async () => {
  site = await openDeployment()
  planner = await site.enroll('planner')
  lease = await openLease(planner)
  stranger = site.bearer(await insertPerson(site.world, 'owner', 'rival' as TenantId))
  await site.owner.ask('POST', '/v1/webhooks', { body: { url: 'https://hooks.planner.example/' } })
})
afterAll(() => site.close())

/** What every page of the trail holds, read to its end. */
async function trailOf(asker: Asker) {
  const seen = await asker.ask('GET', '/v1/audit?limit=200')
  expect(seen.status, seen.text).toBe(200)
  return seen.json.items as { chain: string; sequence: number; body: string }[]
}

describe('an owner of another tenant', () => {
  it('I5: reads the records of its own tenant in the trail, and no others', async () => {
    const own = await trailOf(stranger)
    expect(own.length).toBeGreaterThan(0)
    for (const { body } of own) expect(JSON.parse(body).tenant).toBe('rival')
    const theirs = await trailOf(site.owner)
    expect(theirs.length).toBeGreaterThan(2)
    for (const { body } of theirs) expect(JSON.parse(body).tenant).not.toBe('rival')
  })

  it('I5: is told of no record that there is one', async () => {
    const [record] = await trailOf(site.owner)
    const at = `/v1/audit/records/${record?.chain}/${record?.sequence}`
    expect((await site.owner.ask('GET', at)).status).toBe(200)
    expect(await stranger.ask('GET', at)).toMatchObject({
      status: 404,
      json: { code: 'not_found' },
    })
  })

  it('I5: does not get the trail whole, since it is that of everybody', async () => {
    const seen = await stranger.ask('GET', '/v1/audit/export')
    expect(seen).toMatchObject({ status: 403, json: { code: 'forbidden' } })
  })

  it('changes no key, since every token of everybody hangs from it', async () => {
    const [key] = (await site.owner.ask('GET', '/v1/keys')).json.items
    const body = { reason: 'mine now' }
    const retired = await stranger.ask('POST', `/v1/keys/${key.kid}/retire`, { body })
    expect(retired).toMatchObject({ status: 403, json: { code: 'forbidden' } })
    const rotated = await stranger.ask('POST', '/v1/keys/rotate', { body: { purpose: 'token' } })
    expect(rotated).toMatchObject({ status: 403, json: { code: 'forbidden' } })
  })

  const lists = ROUTES.filter(
    ({ method, path }) => method === 'GET' && !path.includes('{') && !/(stream|feed)$/.test(path),
  )

  it.each(lists.map(({ path }) => path))('finds nothing of this one at GET %s', async (path) => {
    const seen = await stranger.ask('GET', path)
    expect(seen.status, seen.text).toBeLessThan(500)
    expect(seen.text).not.toContain('planner')
    expect(seen.text).not.toContain(lease)
  })

  it.each([
    ['GET', `/tree`],
    ['GET', ''],
    ['GET', '/revoke-preview'],
    ['POST', '/revoke'],
  ])('does not find a lease: %s %s', async (method, below) => {
    const path = `/v1/leases/${lease}${below}`
    const ask = method === 'POST' ? { body: { reason: 'not mine' } } : {}
    expect(await stranger.ask(method, path, ask)).toMatchObject({ status: 404 })
    expect((await planner.ask('GET', `/v1/leases/${lease}`)).json.state).toBe('live')
  })

  it.each([() => `agent:${planner.uri}`, () => 'tenant:default', () => `lease:${lease}`])(
    'stops nobody here by revoking what is here, case %#',
    async (subjectOf) => {
      const subject = subjectOf()
      await stranger.ask('POST', '/v1/revocations', { body: { subject, reason: 'mine now' } })
      expect((await planner.ask('GET', `/v1/leases/${lease}`)).json.state).toBe('live')
      await openLease(planner)
    },
  )
})
