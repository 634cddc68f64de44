import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { DECISION_DEADLINE_MS } from '../../src/domain/limits.ts'
import type { SpendOutcome } from '../../src/domain/redemption.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import { Lanes } from '../../src/store/postgres/lanes.ts'
import type { ConnectionPool } from '../../src/store/postgres/pool.ts'
import type { Snapshots } from '../../src/store/postgres/snapshots.ts'
import { TimeKeeper } from '../../src/store/postgres/time-keeper.ts'
import { testLease, testSpend } from '../support/store-facts.ts'

const NOW = epochSeconds(1_800_000_000)

/** A database that breaks on the first batch, serves once, and is away from then on. */
function failingPool(): ConnectionPool {
  let connections = 0
  let reads = 0
  const answer = (text: string) => {
    if (text.includes('as clock')) return { rows: [{ clock: NOW, mark: NOW }] }
    if (text.includes('from leases as l') && ++reads === 1) {
      throw Object.assign(new Error('broken'), { code: '22P02', severity: 'ERROR' })
    }
    return { rows: [], rowCount: 0, command: text.toUpperCase() }
  }
  const connection = {
    query: async (query: { readonly text: string }) => answer(query.text),
    release: () => undefined,
  }
  const connect = async () => {
    connections += 1
    if (connections <= 2) return connection
    throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' })
  }
  return { connect } as unknown as ConnectionPool
}

function codeOf(outcome: SpendOutcome | 'no answer'): string {
  if (outcome === 'no answer') return outcome
  return outcome.kind === 'refused' ? outcome.refusal.code : outcome.kind
}

describe('lanes over a database that is away', () => {
  it('answer each redemption of a broken batch by its deadline, whatever became of the others', async () => {
    const lanes = new Lanes(1, {
      pool: failingPool(),
      snapshots: { read: async () => [] } as unknown as Snapshots,
      time: new TimeKeeper({ now: () => NOW }),
      settings: '',
      newChain: () => 'chain',
      warningPercent: 80,
      committed: () => undefined,
      beforeCommit: undefined,
    })
    const lease = testLease('worker')
    const late = delay(2 * DECISION_DEADLINE_MS, 'no answer' as const)
    const asked = [lanes.redeem(testSpend(lease)), lanes.redeem(testSpend(lease))]
    const outcomes = await Promise.all(asked.map((one) => Promise.race([one, late])))
    expect(outcomes.map(codeOf)).toEqual(['not_found', 'status_unknown'])
  })
})
