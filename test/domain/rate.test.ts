import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RATE_SECONDS_MAX, RATE_SUB_WINDOWS } from '../../src/domain/limits.ts'
import { type Counted, countedWith, secondsUntil, standingAt } from '../../src/domain/rate.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import { T0 } from '../support/store-facts.ts'

/** Asks at each moment; answers the moments at which it was admitted, and what is counted. */
function admissions(asked: readonly number[], limit: number, perSeconds: number) {
  let counted: Counted = []
  const admitted: number[] = []
  let most = 0
  for (const moment of asked) {
    const standing = standingAt(counted, perSeconds, epochSeconds(moment))
    if (standing.used >= limit) continue
    admitted.push(moment)
    counted = countedWith(standing, 1)
    most = Math.max(most, counted.length)
  }
  return { admitted, counted, most }
}

const rates = fc.record({
  limit: fc.integer({ min: 1, max: 5 }),
  perSeconds: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 50, max: 400 })),
  steps: fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 120 }),
})

describe('a rate', () => {
  it('I11: no stretch of its seconds, wherever it begins, holds more than it allows', () => {
    fc.assert(
      fc.property(rates, ({ limit, perSeconds, steps }) => {
        let moment: number = T0
        const asked = steps.map((step) => {
          moment += step % (perSeconds + 3)
          return moment
        })
        const { admitted, most } = admissions(asked, limit, perSeconds)
        // A stretch may begin within a second, so two that are `perSeconds` apart can be in one.
        const reach = (first: number) =>
          admitted.filter((one) => one >= first && one <= first + perSeconds)
        for (const first of admitted) expect(reach(first).length).toBeLessThanOrEqual(limit)
        expect(most).toBeLessThanOrEqual(RATE_SUB_WINDOWS + 2)
      }),
      { numRuns: 300 },
    )
  })

  it('I11: a clock that steps back never gives more', () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 500 }), ({ limit, perSeconds }, back) => {
        const asked = Array.from({ length: limit }, () => T0 as number)
        const { counted } = admissions(asked, limit, perSeconds)
        const stepped = standingAt(counted, perSeconds, epochSeconds(T0 - back))
        expect(stepped.used).toBe(limit)
        expect(countedWith(stepped, 1).map(([at]) => at)).toEqual(counted.map(([at]) => at))
      }),
      { numRuns: 100 },
    )
  })

  it('holds nothing for longer than a sub-window and a second beyond its seconds', () => {
    for (const perSeconds of [1, 2, 59, 60, 61, 3_600, RATE_SECONDS_MAX]) {
      const { counted } = admissions([T0], 1, perSeconds)
      const wait = secondsUntil(counted, 0, { perSeconds, now: T0 })
      const width = Math.ceil(perSeconds / RATE_SUB_WINDOWS)
      expect(wait).toBeGreaterThan(perSeconds)
      expect(wait).toBeLessThanOrEqual(perSeconds + width)
      const at = (seconds: number) =>
        standingAt(counted, perSeconds, epochSeconds(T0 + seconds)).used
      expect([at(wait - 1), at(wait)]).toEqual([1, 0])
    }
  })

  it('says to the second when there is room again, also below a limit that was lowered', () => {
    const { counted } = admissions([T0, T0 + 1, T0 + 1, T0 + 4], 9, 10)
    const now = epochSeconds(T0 + 5)
    const until = (most: number) => secondsUntil(counted, most, { perSeconds: 10, now })
    expect([4, 3, 2, 1, 0].map(until)).toEqual([0, 6, 7, 7, 10])
  })
})
