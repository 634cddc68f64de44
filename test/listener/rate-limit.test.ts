import { describe, expect, it } from 'vitest'
import { createRateLimit, noiseKey } from '../../src/listener/rate-limit.ts'

describe('the rate limit', () => {
  it('lets exactly the limit pass in a minute and says when to come back', async () => {
    const limit = createRateLimit(3)
    for (let i = 0; i < 3; i += 1) expect(await limit('a')).toMatchObject({ ok: true })
    const refused = await limit('a')
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'rate_limited' } })
    const after = refused.ok ? 0 : refused.refusal.facts['retryAfterSeconds']
    expect(after).toBeGreaterThan(0)
    expect(after).toBeLessThanOrEqual(60)
  })

  it('counts callers apart', async () => {
    const limit = createRateLimit(1)
    await limit('a')
    expect(await limit('a')).toMatchObject({ ok: false })
    expect(await limit('b')).toMatchObject({ ok: true })
  })

  const keys: readonly [string | undefined, string][] = [
    [undefined, 'unknown'],
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ]
  for (const [address, key] of keys) {
    it(`counts ${address ?? 'no address'} under ${key}`, () => {
      expect(noiseKey(address)).toBe(key)
    })
  }
})
