import { describe, expect, it } from 'vitest'
import { earlier, epochSeconds, later } from '../../src/domain/time.ts'

describe('moments are whole seconds since the epoch', () => {
  it.each([0, 1, 1_800_000_000, Number.MAX_SAFE_INTEGER])('%d is a moment', (value) => {
    expect(epochSeconds(value)).toBe(value)
  })

  it.each([
    -1,
    0.5,
    1_800_000_000.5,
    Number.MAX_SAFE_INTEGER + 1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ])('%d is no moment', (value) => {
    expect(() => epochSeconds(value)).toThrow(new RangeError('not epoch seconds'))
  })

  it('later adds seconds, and takes them away when they are negative', () => {
    const noon = epochSeconds(1_000)
    expect(later(noon, 60)).toBe(1_060)
    expect(later(noon, 0)).toBe(1_000)
    expect(later(noon, -60)).toBe(940)
    expect(later(noon, -1_000)).toBe(0)
  })

  it('later never leaves the range of moments', () => {
    expect(() => later(epochSeconds(1_000), -1_001)).toThrow(RangeError)
    expect(() => later(epochSeconds(1_000), 0.5)).toThrow(RangeError)
    expect(() => later(epochSeconds(Number.MAX_SAFE_INTEGER), 1)).toThrow(RangeError)
  })

  it.each([
    [1, 2, 1],
    [2, 1, 1],
    [2, 2, 2],
  ])('the earlier of %d and %d is %d', (a, b, expected) => {
    expect(earlier(epochSeconds(a), epochSeconds(b))).toBe(expected)
  })
})
