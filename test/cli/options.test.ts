import { describe, expect, test } from 'vitest'
import { costOption, count, gathered, seconds } from '../../src/cli/options.ts'

describe('a time', () => {
  test.each([
    ['0', 0],
    ['90', 90],
    ['90s', 90],
    ['10m', 600],
    ['4h', 14_400],
    ['1d', 86_400],
  ])('%s is %i seconds', (text, expected) => {
    expect(seconds(text)).toBe(expected)
  })

  test.each(['', '-1', '1.5', '1w', '10 m', '1e3', 'm'])('%j is none', (text) => {
    expect(() => seconds(text)).toThrow(/Give seconds/)
  })
})

test.each(['0', '-1', '01', '1.0', 'x'])('%j is not a count', (text) => {
  expect(() => count(text)).toThrow(/from 1/)
})

test('a cost is an exact amount of a unit', () => {
  const usd = { unit: 'USD', decimals: 2, amount: 25 }
  const tokens = { unit: 'tokens', decimals: 0, amount: 7 }
  expect(costOption('tokens=7', costOption('USD=0.25'))).toEqual([usd, tokens])
})

test.each(['', 'USD', 'USD=', 'USD=-1', 'USD=.5', 'USD=1e3', '=1', 'USD=9999999999999.99999999'])(
  '%j is no cost',
  (text) => {
    expect(() => costOption(text)).toThrow(/such as USD=0.25/)
  },
)

test('an option that is given twice is gathered', () => {
  expect(gathered('b', gathered('a'))).toEqual(['a', 'b'])
  expect(count('12')).toBe(12)
})
