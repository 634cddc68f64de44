import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { postgresPlace } from '../support/postgres.ts'
import { given, redeemed, testAgent, testLease, testSpend } from '../support/store-facts.ts'

/** The whole effect of the last commit, a redemption. */
const LOSE = `delete from audit_records using spent_tokens as s
  where audit_records.chain = s.chain and audit_records.sequence = s.sequence;
  delete from audit_chains where chain not in (select chain from audit_records);
  delete from spent_tokens`

describe('a database that loses commits under a running process', () => {
  it('I7: is noticed: nothing is decided any more, and the trail stays whole', async () => {
    const place = postgresPlace()
    const store = await place.open({ lanes: 2 })
    const lease = testLease('worker')
    await given(store, { agents: [testAgent('worker')], leases: [lease] })
    const spend = testSpend(lease)
    expect(await redeemed(store, spend)).toBe('spent')
    const operator = new pg.Client(await place.databaseUrl())
    await operator.connect()
    await operator.query(LOSE)
    await operator.end()
    // No failover takes less.
    await delay(200)
    await expect(store.redeem(spend)).rejects.toMatchObject({ code: 'rolled_back' })
    const others = Array.from({ length: 4 }, () => testSpend(testLease('worker')))
    for (const other of others) {
      await expect(store.redeem(other)).rejects.toMatchObject({ code: 'rolled_back' })
    }
    expect(await store.verifyAudit()).toMatchObject({ whole: true })
  })
})
