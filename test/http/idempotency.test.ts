import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { IDEMPOTENCY_SECONDS } from '../../src/domain/limits.ts'
import {
  AUDIENCE,
  type Deployment,
  NARROW,
  openDeployment,
  type Peer,
  type Seen,
} from '../support/http.ts'
import { delegateTo, openLease } from '../support/http-examples.ts'

let site: Deployment
let planner: Peer
let worker: Peer
let serial = 0

beforeAll(async () => {
  site = await openDeployment()
  planner = await site.enroll('planner')
  worker = await site.enroll('worker')
})
afterAll(() => site.close())

function freshKey(): string {
  serial += 1
  return `key-${serial}`
}

const open = (as: Peer, key: string, raw = JSON.stringify({ scope: NARROW })): Promise<Seen> =>
  as.ask('POST', '/v1/leases', { raw, headers: { 'idempotency-key': key } })

const leasesOf = async (peer: Peer): Promise<number> =>
  (await peer.ask('GET', '/v1/leases?limit=200')).json.items.length

describe('Idempotency-Key', () => {
  it('gives the same answer to the same key and request, and creates once', async () => {
    const key = freshKey()
    const before = await leasesOf(planner)
    const first = await open(planner, key)
    const again = await open(planner, key)
    expect([first.status, again.status]).toEqual([201, 201])
    expect(again.text).toBe(first.text)
    expect(first.headers['idempotency-replayed']).toBeUndefined()
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect(await leasesOf(planner)).toBe(before + 1)
  })

  it('is a conflict with another request under the same key', async () => {
    const key = freshKey()
    await open(planner, key)
    const other = await open(planner, key, JSON.stringify({ scope: NARROW, ttl_seconds: 60 }))
    expect([other.status, other.json.code]).toEqual([409, 'conflict'])
    expect(other.json.reasons[0].code).toBe('idempotency_key')
  })

  it('is a conflict with the same body at another address', async () => {
    const key = freshKey()
    const headers = { 'idempotency-key': key }
    const [one, two] = [await openLease(planner), await openLease(planner)]
    const body = { ttl_seconds: 700 }
    expect((await planner.ask('POST', `/v1/leases/${one}/renew`, { body, headers })).status).toBe(
      200,
    )
    expect((await planner.ask('POST', `/v1/leases/${two}/renew`, { body, headers })).status).toBe(
      409,
    )
  })

  it('belongs to its caller: another may use the same', async () => {
    const key = freshKey()
    const mine = await open(planner, key)
    const theirs = await open(worker, key)
    expect([mine.status, theirs.status]).toEqual([201, 201])
    expect(theirs.json.id).not.toBe(mine.json.id)
  })

  it('creates once when many try at the same moment', async () => {
    const key = freshKey()
    const before = await leasesOf(planner)
    const answers = await Promise.all(Array.from({ length: 8 }, () => open(planner, key)))
    expect(await leasesOf(planner)).toBe(before + 1)
    const created = answers.filter(({ status }) => status === 201)
    expect(new Set(created.map(({ json }) => json.id)).size).toBe(1)
    for (const { status } of answers) expect([201, 409]).toContain(status)
  })

  it('remembers nothing of a refusal: the same key may be tried again', async () => {
    const key = freshKey()
    const scope = { ...NARROW, audiences: ['https://not-in-the-contract.example'] }
    expect((await open(planner, key, JSON.stringify({ scope }))).status).toBe(403)
    expect((await open(planner, key)).status).toBe(201)
  })

  it('does not spend a delegation token twice: the answer comes again', async () => {
    const token = await delegateTo(planner, await openLease(planner), worker)
    const headers = { 'idempotency-key': freshKey() }
    const redeem = () => worker.ask('POST', '/v1/delegations/redeem', { body: { token }, headers })
    const [first, again] = [await redeem(), await redeem()]
    expect([first.status, again.text]).toEqual([201, first.text])
  })

  it('is forgotten after a day, not before', async () => {
    const away = await openDeployment()
    try {
      const headers = { 'idempotency-key': freshKey() }
      const create = (name: string) =>
        away.owner.ask('POST', '/v1/operators', { body: { name, role: 'operator' }, headers })
      expect((await create('first')).status).toBe(201)
      away.advance(IDEMPOTENCY_SECONDS - 60)
      expect((await create('second')).status).toBe(409)
      away.advance(61)
      expect((await create('second')).status).toBe(201)
    } finally {
      await away.close()
    }
  })

  it.each([' ', 'a b', 'ä', '', 'x'.repeat(256)])(
    'refuses a key of another form: %j',
    async (key) => {
      const ask = { body: { name: 'never', role: 'operator' }, headers: { 'idempotency-key': key } }
      const seen = await site.owner.ask('POST', '/v1/operators', ask)
      expect([seen.status, seen.json.code]).toEqual([400, 'malformed'])
      expect(seen.json.reasons[0].code).toBe('idempotency_key')
    },
  )

  it('I12: answers with tokens are not stored: the second try is a conflict', async () => {
    const lease = await openLease(planner)
    const cases: readonly [Pick<Peer, 'ask'>, string, object][] = [
      [site.owner, '/v1/operators', { name: 'once', role: 'operator' }],
      [planner, '/v1/delegations', { lease_id: lease, delegate: worker.uri, scope: NARROW }],
      [planner, '/v1/tokens', { lease_id: lease, audience: AUDIENCE }],
    ]
    for (const [as, path, body] of cases) {
      const headers = { 'idempotency-key': freshKey() }
      const first = await as.ask('POST', path, { body, headers })
      const again = await as.ask('POST', path, { body, headers })
      expect([path, first.status, again.status]).toEqual([path, 201, 409])
      expect(again.text).not.toContain('token')
    }
  })
})
