import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { costOfUsage, type PriceTable, priceOf } from '../../src/domain/price.ts'

const price = {
  model: 'gpt-5',
  input: 1_250_000,
  output: 10_000_000,
  cacheWrite: undefined,
  max: 500_000,
}
const table: PriceTable = {
  unit: 'USD',
  decimals: 6,
  per: 1_000_000,
  models: [price, { ...price, model: 'gpt-5-*', max: 7 }, { ...price, model: 'gpt-*', max: 8 }],
}
const cost = (input: number, output: number, cacheWrite = 0, max = price.max) =>
  costOfUsage(table, { ...price, max }, { input, output, cacheWrite })?.amount

describe('the price of a call', () => {
  it('is that of its model: an exact name, else the longest prefix, else none', () => {
    const found = ['gpt-5', 'gpt-5-mini', 'gpt-4', 'claude'].map((model) => priceOf(table, model))
    expect(found.map((one) => one?.max)).toEqual([500_000, 7, 8, undefined])
  })

  it('rounds up, whatever is left over', () => {
    expect([cost(0, 0), cost(1, 0), cost(4, 0), cost(0, 1), cost(1_000, 1_000)]).toEqual([
      0, 2, 5, 10, 11_250,
    ])
    const counts = fc.nat(1_000_000)
    fc.assert(
      fc.property(counts, counts, (input, output) => {
        const exact = (input * price.input + output * price.output) / table.per
        const amount = cost(input, output, 0, Number.MAX_SAFE_INTEGER) ?? -1
        expect(amount).toBeGreaterThanOrEqual(exact - 1e-6)
        expect(amount).toBeLessThan(exact + 1)
      }),
    )
  })

  it('I11: never more than was reserved', () => {
    expect(cost(1_000_000_000_000, 1)).toBe(price.max)
    expect(cost(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)).toBe(price.max)
  })

  it('is not known of what has no price, and of no count', () => {
    for (const odd of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(cost(odd, 1)).toBeUndefined()
    }
    expect(cost(1, 1, 1), 'no price of writing to a cache').toBeUndefined()
    const usage = { input: 0, output: 0, cacheWrite: 2 }
    expect(costOfUsage(table, { ...price, cacheWrite: 1_500_000 }, usage)?.amount).toBe(3)
  })
})
