import { describe, expect, it } from 'vitest'
import {
  type AskedRedemption,
  createRedemptionQueue,
  type SendRedemptions,
} from '../../src/admission/redemption-queue.ts'
import type { RemoteAnswer } from '../../src/admission/remote-answer.ts'
import {
  GATEWAY_CALLS_MAX,
  JUDGED_BODY_BYTES_MAX,
  REDEEM_BATCH_BYTES_MAX,
  REDEEM_BATCH_MAX,
  REDEEM_DEADLINE_MS,
  REDEEM_DECISION_MS,
  REDEEM_QUEUE_MAX,
  REDEEM_REQUESTS_MAX,
  REDEEM_SLOW_MS,
} from '../../src/domain/limits.ts'
import type { Result } from '../../src/domain/result.ts'
import { GET, PEER, REQUEST_ID } from './rig.ts'

const YES = { record: { chain: 'a', sequence: 7 }, lease_ends_at: '2027-01-15T08:00:00Z' }

/** An authority that answers when it is told to; `sent` are the batches it was asked, as tokens. */
function authority({ deaf = false } = {}) {
  const sent: string[][] = []
  const open: ((answer: RemoteAnswer | Error) => void)[] = []
  const signals: AbortSignal[] = []
  const send: SendRedemptions = (body, signal) => {
    const { items } = JSON.parse(body) as { items: { token: string }[] }
    sent.push(items.map(({ token }) => token))
    signals.push(signal)
    return new Promise((resolve, reject) => {
      open.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)))
      signal.addEventListener('abort', () => deaf || reject(new Error('given up')))
    })
  }
  const yes = (index: number): void => {
    const items = (sent[index] ?? []).map((token) => ({ ok: true, ...YES, subjects: [token] }))
    open[index]?.({ status: 200, json: { items } })
  }
  return {
    sent,
    signals,
    send,
    yes,
    answer: (at: number, with_: RemoteAnswer | Error) => open[at]?.(with_),
  }
}

const asked = (token: string, change: Partial<AskedRedemption> = {}): AskedRedemption => ({
  token,
  audience: 'https://gateway.example/a',
  request: GET,
  peer: PEER,
  requestId: REQUEST_ID,
  ...change,
})
const turn = () => new Promise((resolve) => setTimeout(resolve, 5))
const wordOf = (result: Result<unknown>) => (result.ok ? 'allowed' : result.refusal.code)

it('a judged body goes along as the API takes it, without the digest noted beside it', async () => {
  const sent: unknown[] = []
  const queue = createRedemptionQueue(async (body) => {
    sent.push(JSON.parse(body).items[0].request.body)
    return { status: 200, json: { items: [{ ok: true, ...YES, subjects: [] }] } }
  })
  const body = { media_type: 'application/json', bytes: 2, text: '{}' }
  const judged = { type: 'http' as const, method: 'POST', target: 'https://a.example/x' }
  const noted = { ...body, digest: 'x' }
  expect(wordOf(await queue.redeem(asked('a', { request: { ...judged, body: noted } })))).toBe(
    'allowed',
  )
  expect(sent).toEqual([body])
})

describe('redemptions gather while others are under way', () => {
  it('whoever comes alone goes at once and alone', async () => {
    const { sent, send, yes } = authority()
    const queue = createRedemptionQueue(send)
    const outcome = queue.redeem(asked('a'))
    await turn()
    expect(sent).toEqual([['a']])
    yes(0)
    expect(await outcome).toMatchObject({
      ok: true,
      value: { subjects: ['a'], record: YES.record },
    })
    expect(queue.size).toBe(0)
  })

  it('a few requests go at once; who comes later shares the next one, in order', async () => {
    const { sent, send, yes } = authority()
    const queue = createRedemptionQueue(send)
    const outcomes: Promise<Result<unknown>>[] = []
    for (let n = 0; n < REDEEM_REQUESTS_MAX; n += 1) {
      outcomes.push(queue.redeem(asked(`first-${n}`)))
      await turn()
    }
    const later = Array.from({ length: REDEEM_BATCH_MAX + 6 }, (_, n) => `later-${n}`)
    outcomes.push(...later.map((token) => queue.redeem(asked(token))))
    await turn()
    expect(sent.map((batch) => batch.length)).toEqual(Array(REDEEM_REQUESTS_MAX).fill(1))
    yes(0)
    yes(1)
    await turn()
    expect(sent.slice(REDEEM_REQUESTS_MAX)).toEqual([
      later.slice(0, REDEEM_BATCH_MAX),
      later.slice(REDEEM_BATCH_MAX),
    ])
    for (let at = 2; at < sent.length; at += 1) yes(at)
    const told = await Promise.all(outcomes)
    expect(new Set(told.map(wordOf))).toEqual(new Set(['allowed']))
  })

  it('each gets its own outcome', async () => {
    const { send, answer } = authority()
    const queue = createRedemptionQueue(send)
    const outcomes = ['a', 'b', 'c', 'd'].map((token) => queue.redeem(asked(token)))
    await turn()
    const items = [
      { ok: false, problem: { code: 'token_used' } },
      { ok: true, ...YES, subjects: [], receipt: 'r' },
      { ok: true },
      { ok: 'true', ...YES, subjects: [] },
    ]
    answer(0, { status: 200, json: { items } })
    const told = await Promise.all(outcomes)
    expect(told.map(wordOf)).toEqual(['token_used', 'allowed', 'status_unknown', 'status_unknown'])
    expect(told[1]).toMatchObject({ value: { receipt: 'r' } })
  })
})

describe('whatever is not a clear yes is a no for all who were asked about', () => {
  const problem = (code: string) => ({ status: 503, json: { code } })
  it.each([
    ['a lost answer', new Error('reset'), 'status_unknown'],
    ['too few outcomes', { status: 200, json: { items: [] } }, 'status_unknown'],
    ['no outcomes', { status: 200, json: {} }, 'status_unknown'],
    ['no JSON', { status: 502, json: undefined }, 'status_unknown'],
    ['another status', { status: 201, json: { items: [{ ok: true, ...YES }] } }, 'status_unknown'],
    ['an authority that is busy', problem('overloaded'), 'overloaded'],
    ['too many requests', problem('rate_limited'), 'overloaded'],
    ['a gateway that was revoked', problem('revoked'), 'status_unknown'],
    ['a request the authority can not read', problem('malformed'), 'status_unknown'],
  ])('%s', async (_sentence, answered, code) => {
    const { sent, send, answer } = authority()
    const queue = createRedemptionQueue(send)
    const outcome = queue.redeem(asked('a'))
    await turn()
    answer(0, answered)
    expect(wordOf(await outcome)).toBe(code)
    await turn()
    expect(sent, 'I7: what may have arrived is never sent again').toHaveLength(1)
  })
})

describe('an authority that does not answer', () => {
  it('leaves nobody waiting beyond the deadline, and the request is given up', async () => {
    const { sent, signals, send } = authority()
    const queue = createRedemptionQueue(send, { deadlineMs: 120 })
    const began = performance.now()
    const outcomes = Array.from({ length: 200 }, (_, n) => queue.redeem(asked(`t${n}`)))
    const told = await Promise.all(outcomes)
    expect(performance.now() - began).toBeLessThan(1_000)
    expect(new Set(told.map(wordOf))).toEqual(new Set(['status_unknown']))
    await turn()
    expect(signals.every((signal) => signal.aborted)).toBe(true)
    expect(queue.size).toBe(0)
    expect(sent.flat().length).toBeLessThanOrEqual(200)
  })

  it('is not asked about a call that nobody waits for any more', async () => {
    const { sent, send } = authority({ deaf: true })
    const queue = createRedemptionQueue(send, { deadlineMs: 60 })
    const held = []
    for (let n = 0; n < REDEEM_REQUESTS_MAX; n += 1) {
      held.push(queue.redeem(asked(`held-${n}`)))
      await turn()
    }
    await Promise.all([...held, queue.redeem(asked('never'))])
    await new Promise((resolve) => setTimeout(resolve, REDEEM_SLOW_MS + 20))
    expect(sent.flat()).not.toContain('never')
  })

  it('holds up no others once it is slow, and is used again when it answers', async () => {
    const { sent, send, yes } = authority()
    const queue = createRedemptionQueue(send)
    const held = []
    for (let n = 0; n < REDEEM_REQUESTS_MAX; n += 1) {
      held.push(queue.redeem(asked(`held-${n}`)))
      await turn()
    }
    const other = queue.redeem(asked('other'))
    await new Promise((resolve) => setTimeout(resolve, REDEEM_SLOW_MS + 50))
    expect(sent.at(-1)).toEqual(['other'])
    yes(sent.length - 1)
    expect(wordOf(await other)).toBe('allowed')
    for (let at = 0; at < REDEEM_REQUESTS_MAX; at += 1) yes(at)
    expect((await Promise.all(held)).map(wordOf)).toEqual(held.map(() => 'allowed'))
  })

  it('does not make the gateway hold more calls than it may', async () => {
    const { send } = authority()
    const queue = createRedemptionQueue(send, { deadlineMs: 100, queueMax: 3 })
    const outcomes = ['a', 'b', 'c', 'd'].map((token) => queue.redeem(asked(token)))
    expect(wordOf(await (outcomes[3] ?? never()))).toBe('overloaded')
    expect(queue.size).toBe(3)
    await Promise.all(outcomes)
    const again = queue.redeem(asked('e'))
    expect(queue.size).toBe(1)
    expect(wordOf(await again)).toBe('status_unknown')
  })
})

describe('what the authority would not read harms nobody else', () => {
  it('is refused here: arguments nested too deep, lone surrogates', async () => {
    const { sent, send } = authority()
    const queue = createRedemptionQueue(send)
    let deep: unknown = 1
    for (let n = 0; n < 40; n += 1) deep = [deep]
    const tool = (value: unknown) =>
      ({ type: 'tool', server: 'https://m.example', tool: 't', arguments: { q: value } }) as never
    for (const value of [deep, '\ud800']) {
      const outcome = await queue.redeem(asked('a', { request: tool(value) }))
      expect(wordOf(outcome)).toBe('malformed')
    }
    await turn()
    expect(sent).toEqual([])
  })

  it('bodies that do not fit one request go in several, and one that fits none is too large', async () => {
    const { sent, send, yes } = authority()
    const queue = createRedemptionQueue(send)
    const withBody = (text: string) => ({
      request: { ...GET, body: { media_type: 'text/plain', bytes: text.length, text } },
    })
    const large = 'x'.repeat(JUDGED_BODY_BYTES_MAX)
    const outcomes = ['a', 'b', 'c', 'd', 'e'].map((token) =>
      queue.redeem(asked(token, withBody(large))),
    )
    await turn()
    expect(sent.map((batch) => batch.length)).toEqual([3, 2])
    yes(0)
    yes(1)
    expect((await Promise.all(outcomes)).map(wordOf)).toEqual(outcomes.map(() => 'allowed'))
    const escaped = '\u0000'.repeat(REDEEM_BATCH_BYTES_MAX / 6)
    expect(wordOf(await queue.redeem(asked('f', withBody(escaped))))).toBe('too_large')
  })
})

describe('limits of the queue', () => {
  it('fit each other', () => {
    expect(REDEEM_DEADLINE_MS).toBeLessThan(2_000)
    expect(REDEEM_DECISION_MS).toBeLessThan(REDEEM_DEADLINE_MS)
    expect(REDEEM_SLOW_MS).toBeLessThan(REDEEM_DECISION_MS)
    expect(REDEEM_QUEUE_MAX).toBe(GATEWAY_CALLS_MAX)
  })
})

function never(): Promise<Result<unknown>> {
  throw new Error('there is no such call')
}
