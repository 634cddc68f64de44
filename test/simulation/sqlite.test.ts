import { expect, it } from 'vitest'
import { sqlitePlaces } from './real/place.ts'
import { simulate } from './simulate.ts'

it('I1 to I11: whatever is asked in whatever order, Writ on SQLite says what the model says', async () => {
  const simulation = await simulate({
    places: sqlitePlaces(),
    runs: 100,
    commands: 40,
    seed: 20_261_121,
  })
  expect(simulation.counterexample).toBeNull()
  expect(simulation.runs).toBe(100)
  expect(simulation.commands).toBeGreaterThan(1_500)
}, 180_000)
