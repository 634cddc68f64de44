import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { COMMIT_GROUP_MAX, COMMIT_QUEUE_MAX } from '../../src/domain/limits.ts'
import { accept } from '../../src/domain/result.ts'
import type { Store } from '../../src/store/ports.ts'
import { openConnection } from '../../src/store/sqlite/connect.ts'
import { loadDriver } from '../../src/store/sqlite/driver.ts'
import { afterTest, type TestPlace, testPlace } from '../support/store.ts'
import {
  decide,
  given,
  redeemed,
  revoke,
  testAgent,
  testLease,
  testSpend,
} from '../support/store-facts.ts'

/** A store with one lease, whose commits are counted and fail while `broken` is set. */
async function faulty(): Promise<{
  readonly place: TestPlace
  readonly store: Store
  readonly lease: ReturnType<typeof testLease>
  readonly commits: { count: number; broken: boolean }
}> {
  const place = testPlace()
  const commits = { count: 0, broken: false }
  const store = await place.open({
    beforeCommit: () => {
      commits.count += 1
      if (commits.broken) throw new Error('no space left on device')
    },
  })
  const lease = testLease('worker')
  await given(store, { agents: [testAgent('worker')], leases: [lease] })
  return { place, store, lease, commits }
}

describe('one commit', () => {
  it('is shared by what arrives together, up to COMMIT_GROUP_MAX', async () => {
    const { store, lease, commits } = await faulty()
    const before = commits.count
    const spends = Array.from({ length: COMMIT_GROUP_MAX * 2 }, () => testSpend(lease))
    await Promise.all(spends.map((spend) => store.redeem(spend)))
    expect(commits.count - before).toBe(2)
  })

  it('that fails acknowledges nothing and keeps nothing, and the next one goes on', async () => {
    const { store, lease, commits } = await faulty()
    const spend = testSpend(lease)
    commits.broken = true
    const settled = await Promise.allSettled([
      store.redeem(spend),
      given(store, { agents: [testAgent('late')] }),
      revoke(store, `lease:${lease.id}`),
    ])
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    commits.broken = false
    expect(await redeemed(store, spend)).toBe('spent')
    const left = await store.read(async (reads) => [
      await reads.agent(DEFAULT_TENANT, testAgent('late').uri),
      (await reads.auditRows({}, 10)).map((row) => row.sequence),
      (await reads.lineage(DEFAULT_TENANT, lease.id))?.lease.usesSpent,
    ])
    expect(left).toEqual([undefined, [1, 2], 1])
    expect(await store.verifyAudit()).toMatchObject({ whole: true })
  })

  it('that fails as the first of a process leaves no chain', async () => {
    const place = testPlace()
    let broken = true
    const store = await place.open({
      beforeCommit: () => {
        if (broken) throw new Error('no')
      },
    })
    await expect(given(store, {})).rejects.toThrow('no')
    expect(await store.read((reads) => reads.auditChains())).toEqual([])
    broken = false
    await given(store, {})
    expect(await store.verifyAudit()).toMatchObject({ whole: true, chains: 1, records: 1 })
  })

  it('I7: a spend that breaks fails alone', async () => {
    const { store, lease } = await faulty()
    const broken = testSpend(lease, { facts: { big: 1n as unknown as number } })
    const batch = [testSpend(lease), broken, testSpend(lease)]
    const settled = await Promise.allSettled(batch.map((spend) => redeemed(store, spend)))
    expect(settled.map((one) => (one.status === 'fulfilled' ? one.value : 'fault'))).toEqual([
      'spent',
      'fault',
      'spent',
    ])
    const kept = await store.read(async (reads) => [
      await reads.spentToken(DEFAULT_TENANT, broken.jti),
      (await reads.lineage(DEFAULT_TENANT, lease.id))?.lease.usesSpent,
    ])
    expect(kept).toEqual([undefined, 2])
    expect(await store.verifyAudit()).toMatchObject({ whole: true, records: 3 })
  })

  it('takes decisions first, so that a revocation beside it stops a redemption', async () => {
    const { store, lease } = await faulty()
    const [outcome] = await Promise.all([
      redeemed(store, testSpend(lease)),
      revoke(store, `lease:${lease.id}`),
    ])
    expect(outcome).toBe('revoked')
  })
})

describe('a writer that can not keep up', () => {
  it('tells callers beyond COMMIT_QUEUE_MAX to come back, and serves the others', async () => {
    const { store, lease } = await faulty()
    const spends = Array.from({ length: COMMIT_QUEUE_MAX + 5 }, () => testSpend(lease))
    const outcomes = spends.map((spend) => redeemed(store, spend))
    await expect(given(store, {})).rejects.toMatchObject({ code: 'overloaded', retryable: true })
    const told = await Promise.all(outcomes)
    expect(told.slice(0, COMMIT_QUEUE_MAX).every((outcome) => outcome === 'spent')).toBe(true)
    expect(told.slice(COMMIT_QUEUE_MAX)).toEqual(Array(5).fill('overloaded'))
  })

  it('answers status_unknown at the deadline while another process holds the lock', async () => {
    const { place, store, lease } = await faulty()
    const other = await openConnection(await loadDriver(), place.path, 'writer')
    afterTest(() => other.close())
    other.raw.exec('begin immediate')
    const spend = testSpend(lease)
    let turns = 0
    const turning = setInterval(() => {
      turns += 1
    }, 10)
    const [redemption, decision] = await Promise.allSettled([
      redeemed(store, spend),
      decide(store, async () => accept(undefined)),
    ])
    clearInterval(turning)
    expect(redemption).toMatchObject({ value: 'status_unknown' })
    expect(decision).toMatchObject({ reason: { code: 'status_unknown' } })
    expect(turns, 'the event loop goes on meanwhile').toBeGreaterThan(20)
    other.raw.exec('rollback')
    expect(await redeemed(store, spend), 'it was not begun').toBe('spent')
  })

  it('waits for the lock when it comes free in time', async () => {
    const { place, store, lease } = await faulty()
    const other = await openConnection(await loadDriver(), place.path, 'writer')
    afterTest(() => other.close())
    other.raw.exec('begin immediate')
    setTimeout(() => other.raw.exec('rollback'), 100)
    expect(await redeemed(store, testSpend(lease))).toBe('spent')
  })
})

describe('reads', () => {
  it('see one snapshot, while decisions go on', async () => {
    const { store } = await faulty()
    const count = await store.read(async (reads) => {
      const page = { limit: 9, cursor: null }
      const before = (await reads.agents(DEFAULT_TENANT, page)).items.length
      await given(store, { agents: [testAgent('meanwhile')] })
      return [before, (await reads.agents(DEFAULT_TENANT, page)).items.length]
    })
    expect(count).toEqual([1, 1])
    const after = await store.read((r) => r.agents(DEFAULT_TENANT, { limit: 9, cursor: null }))
    expect(after.items).toHaveLength(2)
  })

  it('run beside each other, more of them than there are connections', async () => {
    const { store } = await faulty()
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, at) => store.read(async (reads) => [at, reads.now])),
    )
    expect(answers.map(([at]) => at)).toEqual(Array.from({ length: 30 }, (_, at) => at))
  })

  it('that throw give their connection back', async () => {
    const { store } = await faulty()
    for (let at = 0; at < 10; at += 1) {
      const read = store.read(async () => {
        throw new Error('mine')
      })
      await expect(read).rejects.toThrow('mine')
    }
    expect(await store.read(async () => 'fine')).toBe('fine')
  })
})
