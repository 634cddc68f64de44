import { describe, expect, it } from 'vitest'
import { DNS_ANSWER_MS, DNS_PINS_CACHED_MAX, UPSTREAM_POOLS_MAX } from '../../src/domain/limits.ts'
import { sharedResolve, timelyResolve } from '../../src/outbound/shared-resolve.ts'

describe('names that many ask for at once', () => {
  it('are resolved once within DNS_ANSWER_MS, and a failure is not kept', async () => {
    let asked = 0
    const answers = [Promise.reject(new Error('away')), Promise.resolve(['192.0.2.1'])]
    const resolve = sharedResolve(() => {
      asked += 1
      return answers.shift() ?? Promise.reject(new Error('asked too often'))
    })
    await expect(resolve('a.test')).rejects.toThrow('away')
    expect(await Promise.all([resolve('a.test'), resolve('a.test')])).toHaveLength(2)
    expect(asked).toBe(2)
    expect(DNS_ANSWER_MS).toBeLessThan(60_000)
  })

  it('are given up in time, whatever the resolver does', async () => {
    await expect(timelyResolve(() => new Promise(() => undefined), 20)('a.test')).rejects.toThrow(
      'in time',
    )
  })

  it('and what is kept of them has a bound', () => {
    expect(UPSTREAM_POOLS_MAX).toBeLessThan(DNS_PINS_CACHED_MAX)
  })
})
