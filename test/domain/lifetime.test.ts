import { describe, expect, it } from 'vitest'
import { planLife, planRenewal, planTokenLife } from '../../src/domain/lifetime.ts'
import type { Refusal } from '../../src/domain/refusal.ts'
import { at, NOW, scope } from './samples.ts'

const TOO_LONG = [
  {
    pointer: '/ttl_seconds',
    code: 'not_narrower',
    detail: 'The life asked for is longer than allowed.',
  },
]

const SOONER = [
  { pointer: '/ttl_seconds', code: 'not_narrower', detail: 'A renewal never ends a lease sooner.' },
]

function refused(code: Refusal['code'], facts: Refusal['facts'] = {}, reasons: unknown = []) {
  return { ok: false, refusal: { code, facts, reasons } }
}

function ending(...seconds: readonly number[]) {
  return seconds.map((second) => ({ expiresAt: at(second) }))
}

describe('I3: a lease at birth', () => {
  function plan(
    asked: number | undefined,
    ttl_seconds = 3_600,
    ancestors: readonly number[] = [],
    unasked?: number,
  ) {
    return planLife({
      asked,
      ...(unasked === undefined ? {} : { unasked }),
      scope: scope({ limits: { ttl_seconds } }),
      ancestors: ending(...ancestors),
      now: NOW,
    })
  }

  it.each([
    ['what is asked for', 700, 3_600, [], 700],
    ['one second', 1, 3_600, [], 1],
    ['exactly the ceiling of the scope', 3_600, 3_600, [], 3_600],
    ['exactly four hours', 14_400, 100_000, [], 14_400],
    ['exactly the end of the parent', 500, 3_600, [500], 500],
    ['exactly the earliest end above', 500, 3_600, [900, 500, 700], 500],
    ['600 s when nothing is asked', undefined, 3_600, [], 600],
    ['the ceiling when that is less than 600 s', undefined, 90, [], 90],
    ['the end of the parent when that is sooner', undefined, 3_600, [45], 45],
    ['the earliest end above, wherever it stands', undefined, 3_600, [45, 50, 90], 45],
    ['the earliest end above, also when it is the last', undefined, 3_600, [90, 50, 45], 45],
  ] as const)('gets %s', (_sentence, asked, ttl, ancestors, seconds) => {
    expect(plan(asked, ttl, ancestors)).toEqual({
      ok: true,
      value: { expiresAt: at(seconds), seconds },
    })
  })

  it.each([
    ['the ceiling of the scope', 3_601, 3_600, [], 3_600],
    ['four hours', 14_401, 100_000, [], 14_400],
    ['the parent', 501, 3_600, [500], 500],
    ['an ancestor, though the parent would allow it', 501, 3_600, [500, 900], 500],
    ['the parent, though the root would allow it', 501, 3_600, [900, 500], 500],
  ] as const)('is refused when it would outlive %s', (_sentence, asked, ttl, above, ceiling) => {
    expect(plan(asked, ttl, above)).toEqual(refused('not_narrower', { asked, ceiling }, TOO_LONG))
  })

  it('takes another number of seconds in place of 600 where the caller has one', () => {
    expect(plan(undefined, 3_600, [], 3_600)).toEqual({
      ok: true,
      value: { expiresAt: at(3_600), seconds: 3_600 },
    })
    expect(plan(undefined, 3_600, [40], 3_600)).toEqual({
      ok: true,
      value: { expiresAt: at(40), seconds: 40 },
    })
    expect(plan(20, 3_600, [], 3_600)).toEqual({
      ok: true,
      value: { expiresAt: at(20), seconds: 20 },
    })
  })

  it('is cut to four hours, however much the scope allows', () => {
    expect(plan(undefined, 100_000, [], 100_000)).toEqual({
      ok: true,
      value: { expiresAt: at(14_400), seconds: 14_400 },
    })
  })

  it.each([
    ['nothing is asked for but nothing', 0, []],
    ['less than nothing is asked for', -1, []],
    ['the parent ends now', undefined, [0]],
    ['the parent has ended', undefined, [-1]],
  ] as const)('is refused when %s', (_sentence, asked, ancestors) => {
    expect(plan(asked, 3_600, ancestors)).toEqual(refused('expired'))
  })
})

describe('I3: a lease that is renewed', () => {
  const young = { expiresAt: at(600), renewals: 0, grantedSeconds: 600, scope: scope() }

  function renew(
    asked: number,
    changed: Partial<typeof young> = {},
    ancestors: readonly number[] = [],
  ) {
    return planRenewal({
      lease: { ...young, ...changed },
      ancestors: ending(...ancestors),
      asked,
      now: NOW,
    })
  }

  it.each([
    ['longer', 900, {}, [], { expiresAt: at(900), renewals: 1, grantedSeconds: 900 }],
    ['by nothing', 600, {}, [], { expiresAt: at(600), renewals: 1, grantedSeconds: 600 }],
    [
      'a last time',
      700,
      { renewals: 2 },
      [],
      { expiresAt: at(700), renewals: 3, grantedSeconds: 700 },
    ],
    [
      'up to the scope',
      3_600,
      {},
      [],
      { expiresAt: at(3_600), renewals: 1, grantedSeconds: 3_600 },
    ],
    ['up to its parent', 800, {}, [800], { expiresAt: at(800), renewals: 1, grantedSeconds: 800 }],
    [
      'up to the earliest end',
      800,
      {},
      [900, 800, 950],
      { expiresAt: at(800), renewals: 1, grantedSeconds: 800 },
    ],
    [
      'to four hours in all',
      1_000,
      { grantedSeconds: 14_000 },
      [],
      { expiresAt: at(1_000), renewals: 1, grantedSeconds: 14_400 },
    ],
  ] as const)('lives on %s', (_sentence, asked, changed, ancestors, value) => {
    expect(renew(asked, changed, ancestors)).toEqual({ ok: true, value })
  })

  it('counts only the seconds that were added', () => {
    const late = { expiresAt: at(10), grantedSeconds: 600 }
    expect(renew(600, late)).toEqual({
      ok: true,
      value: { expiresAt: at(600), renewals: 1, grantedSeconds: 1_190 },
    })
  })

  it.each([
    ['at the fourth time', 700, { renewals: 3 }, [], refused('renewal_exceeded', { renewals: 3 })],
    ['at the fifth time', 700, { renewals: 4 }, [], refused('renewal_exceeded', { renewals: 4 })],
    [
      'past four hours in all',
      1_001,
      { grantedSeconds: 14_000 },
      [],
      refused('renewal_exceeded', { grantedSeconds: 14_401 }),
    ],
    ['past its parent', 801, {}, [800], refused('not_narrower', { asked: 801 }, TOO_LONG)],
    ['past its root', 801, {}, [800, 900], refused('not_narrower', { asked: 801 }, TOO_LONG)],
    [
      'past what its scope allows',
      3_601,
      {},
      [],
      refused('not_narrower', { asked: 3_601 }, TOO_LONG),
    ],
    ['to an earlier end', 599, {}, [], refused('not_narrower', { asked: 599 }, SOONER)],
  ] as const)('is refused %s', (_sentence, asked, changed, ancestors, expected) => {
    expect(renew(asked, changed, ancestors)).toEqual(expected)
  })

  it('tells of a life that is too long first, as the table does', () => {
    const used = { renewals: 3, grantedSeconds: 14_400 }
    expect(renew(99_999, used, [1])).toMatchObject({ refusal: { code: 'not_narrower' } })
    expect(renew(700, used)).toMatchObject({
      refusal: { code: 'renewal_exceeded', facts: { renewals: 3 } },
    })
  })

  it('T-04: renewing a child again and again never outlives the parent or four hours', () => {
    const parent = { expiresAt: at(3_000) }
    let life = { ...young, scope: scope({ limits: { ttl_seconds: 14_400 } }) }
    let renewed = 0
    for (let round = 0; round < 10; round += 1) {
      const asked = 1_000 + 500 * round
      const result = planRenewal({ lease: life, ancestors: [parent], asked, now: NOW })
      if (result.ok) {
        life = { ...life, ...result.value }
        renewed += 1
      }
      expect(life.expiresAt).toBeLessThanOrEqual(parent.expiresAt)
    }
    expect(renewed).toBe(3)
  })
})

describe('the life of a token', () => {
  function plan(asked: number | undefined, ...ends: readonly number[]) {
    return planTokenLife({ asked, lineage: ending(...ends), now: NOW })
  }

  it.each([
    ['60 s when nothing is asked', undefined, [600], 60],
    ['what is asked for', 10, [600], 10],
    ['one second', 1, [600], 1],
    ['300 s at most', 300, [600], 300],
    ['no more than its lease has left', undefined, [30], 30],
    ['no more than its lease has left, also when more is asked', 300, [100], 100],
    ['no more than the root has left', 300, [20, 600, 600], 20],
    ['no more than the parent has left', 300, [600, 20, 600], 20],
    ['the last second of its lease', undefined, [1], 1],
  ] as const)('is %s', (_sentence, asked, ends, seconds) => {
    expect(plan(asked, ...ends)).toEqual({ ok: true, value: { expiresAt: at(seconds), seconds } })
  })

  it('is refused above 300 s', () => {
    expect(plan(301, 600)).toEqual(refused('not_narrower', { asked: 301 }, TOO_LONG))
  })

  it.each([
    ['its lease ends now', undefined, [0]],
    ['its lease has ended', undefined, [-1]],
    ['an ancestor ends now', 60, [0, 600]],
    ['no time at all is asked for', 0, [600]],
    ['less than no time is asked for', -1, [600]],
  ] as const)('is refused when %s', (_sentence, asked, ends) => {
    expect(plan(asked, ...ends)).toEqual(refused('expired'))
  })

  it('needs no lineage to be bounded', () => {
    expect(plan(undefined)).toEqual({ ok: true, value: { expiresAt: at(60), seconds: 60 } })
  })
})
