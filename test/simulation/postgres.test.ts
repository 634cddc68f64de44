import { expect, it } from 'vitest'
import { sharedCluster } from '../support/postgres.ts'
import { postgresPlaces } from './real/place.ts'
import { simulate } from './simulate.ts'

it('I1 to I11: whatever is asked in whatever order, Writ on PostgreSQL says what the model says', async () => {
  const places = await postgresPlaces(await sharedCluster())
  const simulation = await simulate({ places, runs: 40, commands: 40, seed: 20_261_122 })
  await places.close()
  expect(simulation.counterexample).toBeNull()
  expect(simulation.runs).toBe(40)
  expect(simulation.commands).toBeGreaterThan(500)
}, 180_000)
