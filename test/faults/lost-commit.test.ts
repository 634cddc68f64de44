import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/ports.ts'
import { given, redeemed, testAgent, testLease, testSpend } from '../support/store-facts.ts'
import type { CutAt } from './database-proxy.ts'
import { type ReplicatedPostgres, startReplicatedPostgres } from './replicated-postgres.ts'

const PATIENCE_MS = 10_000

describe('a commit whose answer is lost, on PostgreSQL with a standby', () => {
  const lease = testLease('worker', {
    openedAt: Math.floor(Date.now() / 1_000) as never,
    expiresAt: (Math.floor(Date.now() / 1_000) + 600) as never,
  })
  const fresh = () => testSpend(lease, { expiresAt: lease.expiresAt })
  let postgres: ReplicatedPostgres
  let store: Store

  beforeAll(async () => {
    postgres = await startReplicatedPostgres()
    store = await openStore({ databaseUrl: postgres.databaseUrl, migrate: true })
    await given(store, { agents: [testAgent('worker')], leases: [lease] })
  }, 60_000)
  afterAll(async () => {
    await store.close()
    await postgres.end()
  })

  /** How often the trail says that the token was spent. */
  async function recorded(jti: string): Promise<number> {
    let found = 0
    await store.exportAudit((line) => {
      if (line.includes(jti) && line.includes('\\"allowed\\"')) found += 1
    })
    return found
  }

  /** Redeems, and cuts the connection at its commit; `then` happens at that very moment. */
  async function redeemCut(at: CutAt, then: () => void = () => {}) {
    const spend = fresh()
    const struck = postgres.proxy.cut(at, PATIENCE_MS)
    const outcome = redeemed(store, spend)
    expect(await struck).toBe(true)
    then()
    return { spend, outcome: await outcome }
  }

  it('I7, I10: that had reached the server is found, and acknowledged', async () => {
    const { spend, outcome } = await redeemCut('after_commit')
    expect(outcome).toBe('spent')
    expect(await redeemed(store, spend)).toBe('token_used')
    expect(await recorded(spend.jti)).toBe(1)
  })

  it('I7, I10: that never reached it is told as status_unknown, and leaves nothing', async () => {
    const { spend, outcome } = await redeemCut('before_commit')
    expect(outcome).toBe('status_unknown')
    expect(await recorded(spend.jti)).toBe(0)
    expect(await redeemed(store, spend)).toBe('spent')
    expect(await recorded(spend.jti)).toBe(1)
  })

  it('I7, I10: that nobody can look for, since the way leads to a standby, is never written twice', async () => {
    const { primary, standby } = postgres.ports
    const { spend, outcome } = await redeemCut('before_commit', () =>
      postgres.proxy.pointAt(standby),
    )
    expect(outcome).toBe('status_unknown')
    postgres.proxy.pointAt(primary)
    for (let other = 0; other < 16; other += 1) await redeemed(store, fresh())
    expect(await redeemed(store, spend)).toBe('spent')
    expect(await recorded(spend.jti), 'of two records one would be a lie').toBe(1)
    expect(await store.verifyAudit()).toMatchObject({ whole: true })
  })
})
