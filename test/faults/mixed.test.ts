import { describe, expect, it } from 'vitest'
import { type FaultRun, runUnderFaults } from './run.ts'

const NOTHING = { I7: [], I9: [], I11: [], lost: [], audit: [] }
const OPERATIONS = 1_000
const SEED = 20_261_121

function holds(run: FaultRun): void {
  expect(run.violations).toEqual(NOTHING)
  expect(run.operations).toBeGreaterThanOrEqual(OPERATIONS)
  expect(run.spends).toBeGreaterThan(OPERATIONS / 10)
  expect(run.ends).toBeGreaterThan(0)
  expect(run.answers.unknown, 'faults have to hit calls that are under way').toBeGreaterThan(0)
  expect(run.survived.kills).toBeGreaterThan(0)
  expect(run.survived.pauses).toBeGreaterThan(0)
}

describe('two authorities and gateways of both kinds under faults, short form', () => {
  it('I7, I9, I10, I11: kill -9 and pauses under load break nothing on SQLite', async () => {
    holds(await runUnderFaults({ store: 'sqlite', operations: OPERATIONS, seed: SEED }))
  }, 180_000)

  it('I7, I9, I10, I11: kills, pauses, lost commits and a failover break nothing on PostgreSQL', async () => {
    const run = await runUnderFaults({ store: 'postgres', operations: OPERATIONS, seed: SEED })
    holds(run)
    expect(run.survived.cuts).toBeGreaterThan(0)
    expect(run.survived.failovers).toBeGreaterThan(0)
  }, 240_000)
})
