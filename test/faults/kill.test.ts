import { expect, it } from 'vitest'
import { survive } from './survive.ts'

const KILLS = 10

it('I7, I9: kill -9 under load spends no token twice and loses nothing acknowledged', async () => {
  const survival = await survive({ kills: KILLS, seed: 20_261_121 })
  expect(survival.violations).toEqual({
    spentTwice: [],
    spendLost: [],
    revocationLost: [],
    audit: [],
  })
  expect(survival.spends).toBeGreaterThan(0)
  expect(survival.lost, 'kills have to hit calls that are under way').toBeGreaterThan(0)
  expect(survival.revocations).toBeGreaterThan(0)
}, 180_000)
