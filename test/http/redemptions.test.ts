import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  BODY_BYTES_MAX,
  ENFORCEMENT_REQUESTS_PER_MINUTE,
  REDEEM_BATCH_BYTES_MAX,
  REDEEM_BATCH_MAX,
  REDEEM_DECISION_MS,
} from '../../src/domain/limits.ts'
import { StoreFault } from '../../src/store/fault.ts'
import { verifyReceipt } from '../../src/token/receipt.ts'
import { type Deployment, openDeployment, type Peer, type Seen } from '../support/http.ts'
import { type Cast, castOf, mintFrom, openLease, redemptionOf } from '../support/http-examples.ts'

let site: Deployment
let cast: Cast
let stranger: Peer

beforeAll(async () => {
  site = await openDeployment({ callerRequestsPerMinute: 1_000 })
  cast = await castOf(site)
  stranger = await site.enroll('stranger')
})
afterAll(() => site.close())

const redeem = (items: readonly unknown[], as: Peer = cast.gateway): Promise<Seen> =>
  as.ask('POST', '/v1/redemptions', { body: { items } })
const fresh = async () => (await mintFrom(cast.planner, await openLease(cast.planner))).token
const codesOf = (seen: Seen): readonly string[] =>
  seen.json.items.map((item: { ok: boolean; problem?: { code: string } }) =>
    item.ok ? 'allowed' : item.problem?.code,
  )

describe('redemptions in one request', () => {
  it('each get the outcome they would have alone, in the order asked', async () => {
    const token = await fresh()
    const good = redemptionOf(token, cast.planner)
    const other = redemptionOf(await fresh(), cast.planner)
    const seen = await redeem([
      good,
      'not even an object',
      { ...other, surplus: 1 },
      redemptionOf('no.to.ken', cast.planner),
      redemptionOf(`${await fresh()}x`, cast.planner),
      redemptionOf('a'.repeat(9_000), cast.planner),
      { ...other, audience: 'https://other.example' },
      redemptionOf(await fresh(), stranger),
      { ...other, request: { type: 'http', method: 'DELETE', target: 'https://api.github.com/x' } },
      other,
    ])
    expect(seen.status).toBe(200)
    expect(codesOf(seen)).toEqual([
      'allowed',
      'malformed',
      'malformed',
      'malformed',
      'malformed',
      'malformed',
      'audience_mismatch',
      'holder_binding_failed',
      'scope_not_granted',
      'allowed',
    ])
    expect(seen.json.items[2].problem.reasons[0].pointer).toBe('/surplus')
    expect(codesOf(await redeem([good]))).toEqual(['token_used'])
  })

  it('answer with record, end, subjects and a receipt that verifies', async () => {
    const lease = await openLease(cast.planner)
    const { token, jti } = await mintFrom(cast.planner, lease)
    const [item] = (await redeem([redemptionOf(token, cast.planner)])).json.items
    expect(item.subjects).toContain(`lease:${lease}`)
    expect(Date.parse(item.lease_ends_at)).toBeGreaterThan(Date.now())
    const { keys, issuer } = site.world
    const receipt = await verifyReceipt(item.receipt, { keys: keys.archive, issuer })
    expect(receipt).toMatchObject({
      ok: true,
      value: { jti, lease, agent: cast.planner.uri, record: item.record, outcome: 'allowed' },
    })
  })

  it('I7: one token in every place of a batch, and in many batches, is spent once', async () => {
    const token = await fresh()
    const batch = Array.from({ length: REDEEM_BATCH_MAX }, () => redemptionOf(token, cast.planner))
    const seen = await Promise.all([redeem(batch), redeem(batch), redeem(batch)])
    const codes = seen.flatMap(codesOf)
    expect(codes.filter((code) => code === 'allowed')).toHaveLength(1)
    expect(codes.filter((code) => code === 'token_used')).toHaveLength(3 * REDEEM_BATCH_MAX - 1)
  })

  it('of 64 different tokens are 64 redemptions with a record each', async () => {
    const lease = await openLease(cast.planner)
    const body = { lease_id: lease, audience: 'https://gateway.example:9443/github', count: 64 }
    const minted = await cast.planner.ask('POST', '/v1/tokens', { body })
    const tokens: readonly { token: string }[] = minted.json.tokens
    const seen = await redeem(tokens.map(({ token }) => redemptionOf(token, cast.planner)))
    expect(new Set(codesOf(seen))).toEqual(new Set(['allowed']))
    const places = seen.json.items.map((item: { record: { sequence: number } }) => {
      return item.record.sequence
    })
    expect(new Set(places).size).toBe(64)
  })

  it('I10: are recorded under the request id of their own call', async () => {
    const requests = ['req_CAAAAAAAAAAAAAAAAAAAAA', 'req_DAAAAAAAAAAAAAAAAAAAAA']
    const [first, second] = [await fresh(), await fresh()]
    const seen = await redeem([
      { ...redemptionOf(first, cast.planner), request_id: requests[0] },
      { ...redemptionOf(second, stranger), request_id: requests[1] },
    ])
    expect(seen.json.items[1].problem.request_id).toBe(requests[1])
    const trail = (await site.owner.ask('GET', '/v1/audit/export')).text
    const recorded = requests.map((request) => {
      const line = trail.split('\n').find((text) => text.includes(request)) ?? ''
      return [request, /"outcome\\?":\\?"(\w+)/.exec(line)?.[1]]
    })
    expect(recorded).toEqual([
      [requests[0], 'allowed'],
      [requests[1], 'holder_binding_failed'],
    ])
  })

  it('a store that fails for one fails for that one alone, and the log is told', async () => {
    const { store } = site.world
    const redeemOne = store.redeem.bind(store)
    let calls = 0
    store.redeem = async (spend) => {
      calls += 1
      if (calls === 2) throw new StoreFault('status_unknown', 'away on purpose')
      return redeemOne(spend)
    }
    try {
      const tokens = [await fresh(), await fresh(), await fresh()]
      const seen = await redeem(tokens.map((token) => redemptionOf(token, cast.planner)))
      expect(codesOf(seen).toSorted()).toEqual(['allowed', 'allowed', 'status_unknown'])
      expect(site.lines.some((line) => line.includes('away on purpose'))).toBe(true)
    } finally {
      store.redeem = redeemOne
    }
  })

  it('a call that takes the authority too long is unknown, and others are answered', async () => {
    const { store } = site.world
    const redeemOne = store.redeem.bind(store)
    let calls = 0
    store.redeem = async (spend) => {
      calls += 1
      return calls === 1 ? new Promise(() => undefined) : redeemOne(spend)
    }
    try {
      const tokens = [await fresh(), await fresh()]
      const began = performance.now()
      const seen = await redeem(tokens.map((token) => redemptionOf(token, cast.planner)))
      expect(performance.now() - began).toBeGreaterThan(REDEEM_DECISION_MS - 50)
      expect([seen.status, ...codesOf(seen).toSorted()]).toEqual([200, 'allowed', 'status_unknown'])
    } finally {
      store.redeem = redeemOne
    }
  })

  it.each([
    ['none', []],
    ['too many', Array.from({ length: REDEEM_BATCH_MAX + 1 }, () => 'x')],
  ])('are refused as a whole: %s', async (_sentence, items) => {
    const seen = await redeem(items)
    expect([seen.status, seen.json.code]).toEqual([400, 'malformed'])
  })

  it('may be larger than other requests, and no larger than their own limit', async () => {
    const raw = (bytes: number) => `{"items":["${'x'.repeat(bytes - 14)}"]}`
    const ask = (bytes: number) => cast.gateway.ask('POST', '/v1/redemptions', { raw: raw(bytes) })
    expect((await ask(BODY_BYTES_MAX + 1)).status).toBe(200)
    expect((await ask(REDEEM_BATCH_BYTES_MAX)).status).toBe(200)
    expect((await ask(REDEEM_BATCH_BYTES_MAX + 1)).json.code).toBe('too_large')
  })

  it('are for enforcement points alone', async () => {
    expect((await redeem(['x'], cast.planner)).status).toBe(403)
  })

  it('are not counted with the requests of one agent', async () => {
    const small = await openDeployment({ callerRequestsPerMinute: 1 })
    try {
      const gate = await small.enroll('gate', { role: 'enforcement' })
      const statuses = []
      for (let n = 0; n < 4; n += 1) statuses.push((await redeem(['x'], gate)).status)
      expect(statuses).toEqual([200, 200, 200, 200])
      expect(ENFORCEMENT_REQUESTS_PER_MINUTE).toBeGreaterThan(60 * 1_000)
    } finally {
      await small.close()
    }
  })
})

describe('an enforcement point that is revoked', () => {
  it('I9: redeems nothing from the next request on', async () => {
    const gone = await site.enroll('gone', { role: 'enforcement' })
    const token = await fresh()
    const body = { subject: `agent:${gone.uri}`, effect: 'revoked', reason: 'a test' }
    expect((await site.owner.ask('POST', '/v1/revocations', { body })).status).toBe(201)
    const seen = await redeem([redemptionOf(token, cast.planner)], gone)
    expect([seen.status, seen.json.code]).toEqual([401, 'revoked'])
    expect(codesOf(await redeem([redemptionOf(token, cast.planner)]))).toEqual(['allowed'])
  })
})
