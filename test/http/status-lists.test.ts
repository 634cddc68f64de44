import { inflateSync } from 'node:zlib'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { STATUS_LIST_TTL_SECONDS } from '../../src/domain/limits.ts'
import { type Asker, type Deployment, openDeployment, type Peer } from '../support/http.ts'
import {
  type Cast,
  castOf,
  delegateTo,
  mintFrom,
  openLease,
  redemptionOf,
} from '../support/http-examples.ts'

const VALID = 0
const INVALID = 1
const SUSPENDED = 2
const LIST = '/v1/status-lists/0'

let site: Deployment
let cast: Cast
let plain: Deployment

beforeAll(async () => {
  site = await openDeployment({}, { statusList: true })
  cast = await castOf(site)
  plain = await openDeployment()
})
afterAll(async () => {
  await site.close()
  await plain.close()
})

/** What a verifier knows of a token: what stands in it. */
interface Reference {
  readonly idx: number
  readonly uri: string
}

/** A verifier that has jose, the published keys and the document, and nothing of ours. */
async function statusOf({ idx, uri }: Reference, as: Asker = site.nobody): Promise<number> {
  const answer = await as.ask('GET', new URL(uri).pathname)
  expect([answer.status, answer.headers['content-type']]).toEqual([
    200,
    'application/statuslist+jwt',
  ])
  const jwks = (await as.ask('GET', '/.well-known/jwks.json')).json
  const { payload } = await jwtVerify(answer.text, createLocalJWKSet(jwks), {
    typ: 'statuslist+jwt',
    subject: uri,
    requiredClaims: ['sub', 'iat', 'exp', 'ttl', 'status_list'],
    currentDate: new Date(site.world.clock.now() * 1000),
  })
  const { bits, lst } = payload['status_list'] as { bits: number; lst: string }
  const bytes = inflateSync(Buffer.from(lst, 'base64url'))
  const places = 8 / bits
  const byte = bytes[Math.floor(idx / places)]
  if (byte === undefined) throw new Error('the place is beyond the list')
  return (byte >> ((idx % places) * bits)) & (2 ** bits - 1)
}

async function referenceOf(holder: Peer, lease: string): Promise<Reference> {
  const { token } = await mintFrom(holder, lease)
  const { status } = decodeJwt(token) as { status?: { status_list: Reference } }
  if (status === undefined) throw new Error('the token names no status')
  return status.status_list
}

async function childOf(holder: Peer, lease: string, delegate: Peer): Promise<string> {
  const body = { token: await delegateTo(holder, lease, delegate) }
  const seen = await delegate.ask('POST', '/v1/delegations/redeem', { body })
  expect(seen.status).toBe(201)
  return seen.json.id
}

async function act(method: string, path: string, body?: object): Promise<void> {
  const seen = await site.owner.ask(method, path, body === undefined ? {} : { body })
  expect(Math.floor(seen.status / 100)).toBe(2)
}

const revoked = (subject: string, effect = 'revoked') =>
  act('POST', '/v1/revocations', { subject, effect, reason: 'a test' })
const later = () => site.advance(STATUS_LIST_TTL_SECONDS)

describe('a verifier that knows nothing but jose and the document', () => {
  it('finds a live lease valid, on either listener, and every other place invalid', async () => {
    const lease = await openLease(cast.planner)
    later()
    const place = await referenceOf(cast.planner, lease)
    expect(place.uri).toBe(`${site.world.issuer}${LIST}`)
    expect(await statusOf(place)).toBe(VALID)
    expect(await statusOf(place, cast.worker)).toBe(VALID)
    const others = [0, 1, 16_382, 16_383].filter((idx) => idx !== place.idx)
    for (const idx of others) expect(await statusOf({ ...place, idx })).toBe(INVALID)
  })

  it('I6: sees the child of a revoked parent as invalid within ttl', async () => {
    const parent = await openLease(cast.planner)
    const child = await childOf(cast.planner, parent, cast.worker)
    later()
    const [above, below] = [
      await referenceOf(cast.planner, parent),
      await referenceOf(cast.worker, child),
    ]
    expect(above.idx).not.toBe(below.idx)
    expect([await statusOf(above), await statusOf(below)]).toEqual([VALID, VALID])
    await revoked(`lease:${parent}`)
    later()
    expect([await statusOf(above), await statusOf(below)]).toEqual([INVALID, INVALID])
  })

  it('sees a suspension, and that it was lifted', async () => {
    const place = await referenceOf(cast.planner, await openLease(cast.planner))
    const subject = `agent:${cast.planner.uri}`
    await revoked(subject, 'suspended')
    later()
    expect(await statusOf(place)).toBe(SUSPENDED)
    await act('DELETE', `/v1/revocations/${encodeURIComponent(subject)}`)
    later()
    expect(await statusOf(place)).toBe(VALID)
  })

  it('sees a released lease and one that has ended as invalid', async () => {
    const lease = await openLease(cast.planner)
    const short = await openLease(cast.planner, { ttl_seconds: 60 })
    const places = [
      await referenceOf(cast.planner, lease),
      await referenceOf(cast.planner, short),
    ] as const
    const seen = await cast.planner.ask('POST', `/v1/leases/${lease}/release`)
    expect(seen.status).toBe(200)
    later()
    expect([await statusOf(places[0]), await statusOf(places[1])]).toEqual([INVALID, VALID])
    site.advance(60)
    expect([await statusOf(places[0]), await statusOf(places[1])]).toEqual([INVALID, INVALID])
  })

  it('may keep a list for ttl, and none beyond exp', async () => {
    later()
    const answer = await site.nobody.ask('GET', LIST)
    const { iat = 0, exp, ttl, sub } = decodeJwt(answer.text)
    expect({ exp, ttl, sub }).toEqual({
      exp: iat + 2 * STATUS_LIST_TTL_SECONDS,
      ttl: STATUS_LIST_TTL_SECONDS,
      sub: `${site.world.issuer}${LIST}`,
    })
    expect(answer.headers['cache-control']).toMatch(/^public, max-age=1[0-5]$/)
  })
})

describe('status lists', () => {
  it('I6: are nothing that Writ decides by: a revoked lease is refused before a list says so', async () => {
    const lease = await openLease(cast.planner)
    later()
    const { token } = await mintFrom(cast.planner, lease)
    const { status } = decodeJwt(token) as { status: { status_list: Reference } }
    expect(await statusOf(status.status_list)).toBe(VALID)
    await revoked(`lease:${lease}`)
    const body = redemptionOf(token, cast.planner)
    const seen = await cast.gateway.ask('POST', '/v1/tokens/redeem', { body })
    expect(seen.json.code).toBe('revoked')
    expect(await statusOf(status.status_list)).toBe(VALID)
    later()
    expect(await statusOf(status.status_list)).toBe(INVALID)
  })

  it('are redeemed like others: the gateway takes a token with a status', async () => {
    const { token } = await mintFrom(cast.planner, await openLease(cast.planner))
    const body = redemptionOf(token, cast.planner)
    const seen = await cast.gateway.ask('POST', '/v1/tokens/redeem', { body })
    expect([seen.status, Object.keys(seen.json.claims)]).toEqual([
      200,
      expect.arrayContaining(['status']),
    ])
  })

  it.each(['1', '00', '-1', '1e3', '99999999999', 'x', '0?time=1/..'])(
    'that were not begun are not found: %s',
    async (list) => {
      const seen = await site.nobody.ask('GET', `/v1/status-lists/${list}`)
      if (list.startsWith('0?')) expect(seen.status).toBe(200)
      else expect([seen.status, seen.json.code]).toEqual([404, 'not_found'])
    },
  )

  it('that can not be read are no answer, and the next who asks is answered', async () => {
    later()
    site.faults.push(new Error('the disk is gone'))
    const seen = await site.nobody.ask('GET', LIST)
    expect([seen.status, seen.json.code]).toEqual([500, 'fault'])
    expect((await site.nobody.ask('GET', LIST)).status).toBe(200)
  })

  it('off: no claim, no number, no list', async () => {
    const planner = await plain.enroll('planner')
    const lease = await openLease(planner)
    const { token } = await mintFrom(planner, lease)
    expect(decodeJwt(token)).not.toHaveProperty('status')
    const { items } = await plain.world.store.read((reads) =>
      reads.leases({ tenant: DEFAULT_TENANT }, { limit: 5, cursor: null }),
    )
    expect(items.map((found) => [found.id, 'statusIndex' in found])).toEqual([[lease, false]])
    expect(await plain.world.store.read((reads) => reads.statusList(0))).toBeUndefined()
    for (const asker of [plain.nobody, planner]) {
      const seen = await asker.ask('GET', LIST)
      expect([seen.status, seen.json.code]).toEqual([404, 'not_found'])
    }
  })
})
