import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BudgetCurve, type BudgetMove } from '../../src/domain/budget-history.ts'
import { epochSeconds } from '../../src/domain/time.ts'

const USD = { unit: 'USD', decimals: 2 }

function move(amount: number, at: number, settled: BudgetMove['settled'] = null): BudgetMove {
  return { ...USD, amount, at: epochSeconds(at), settled }
}

describe('how a budget stood', () => {
  it('a call is reserved from its moment on, and spent from its settlement on', () => {
    const curve = new BudgetCurve(USD, { from: 100, to: 104, points: 5 })
    curve.add(move(10, 101, { at: epochSeconds(103), spent: 4 }))
    const told = curve.points().map(({ at, reserved, spent }) => [at, reserved, spent])
    expect(told).toEqual([
      [100, 0, 0],
      [101, 10, 0],
      [102, 10, 0],
      [103, 0, 4],
      [104, 0, 4],
    ])
  })

  it('amounts are told in the decimals of the account, and other units do not count', () => {
    const curve = new BudgetCurve({ unit: 'USD', decimals: 3 }, { from: 0, to: 1, points: 2 })
    curve.add(move(5, 0))
    curve.add({ ...move(9, 0), unit: 'EUR' })
    expect(curve.points().at(-1)).toEqual({ at: 1, reserved: 50, spent: 0 })
  })

  it('in whatever order calls come in, the last moment has all of them and none is negative', () => {
    const some = fc.record({
      amount: fc.integer({ min: 0, max: 1_000 }),
      at: fc.integer({ min: 0, max: 500 }),
      later: fc.option(fc.integer({ min: 0, max: 500 }), { nil: null }),
    })
    fc.assert(
      fc.property(fc.array(some, { maxLength: 30 }), (all) => {
        const moves = all.map(({ amount, at, later }) =>
          move(amount, at, later === null ? null : { at: epochSeconds(at + later), spent: amount }),
        )
        const curve = new BudgetCurve(USD, { from: 50, to: 700, points: 9 })
        for (const one of moves) curve.add(one)
        const points = curve.points()
        const open = moves.filter(({ settled }) => settled === null)
        const spent = moves.filter(({ settled }) => settled !== null)
        const sum = (of: readonly BudgetMove[]) => of.reduce((all, one) => all + one.amount, 0)
        expect(points.at(-1)).toMatchObject({ reserved: sum(open), spent: sum(spent) })
        expect(points.every(({ reserved }) => reserved >= 0)).toBe(true)
      }),
    )
  })
})
