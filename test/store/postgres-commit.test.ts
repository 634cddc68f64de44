import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import type { Lease } from '../../src/domain/lease.ts'
import { accept } from '../../src/domain/result.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/ports.ts'
import { postgresPlace } from '../support/postgres.ts'
import { afterTest } from '../support/store.ts'
import { decide, given, redeemed, testAgent, testLease, testSpend } from '../support/store-facts.ts'
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts'

/** A commit as it stands in a message of the client. */
const COMMIT = 'commit\0'

/** A store behind a network that fails, another beside it that does not, and a lease. */
async function behindProxy(): Promise<{
  readonly proxy: TcpProxy
  readonly store: Store
  readonly beside: Store
  readonly lease: Lease
}> {
  const place = postgresPlace()
  const beside = await place.open({ lanes: 1 })
  const lease = testLease('worker')
  await given(beside, { agents: [testAgent('worker')], leases: [lease] })
  const url = new URL(await place.databaseUrl())
  const proxy = await startProxy(Number(url.port))
  url.port = String(proxy.port)
  // Without checkpoints, whose commits would meet the mishap meant for another.
  const { clock } = place
  const store = await openStore({ databaseUrl: url.href, clock, lanes: 1 })
  afterTest(() => store.close())
  return { proxy, store, beside, lease }
}

const enroll = (store: Store, name: string) =>
  decide(store, async (tx) => {
    await tx.insertAgent(testAgent(name))
    return accept(name)
  })

async function isEnrolled(store: Store, name: string): Promise<boolean> {
  const { uri } = testAgent(name)
  return (await store.read((reads) => reads.agent(DEFAULT_TENANT, uri))) !== undefined
}

describe('a commit whose answer never came', () => {
  it('that happened is found, answered as done, and not done twice', async () => {
    const { proxy, store, beside, lease } = await behindProxy()
    await enroll(store, 'before')
    proxy.arm(COMMIT, 'lose')
    const decided = await enroll(store, 'lost')
    expect(proxy.happened()).toBe(true)
    expect(decided.result).toEqual({ ok: true, value: 'lost' })
    expect(await isEnrolled(beside, 'lost')).toBe(true)
    proxy.arm(COMMIT, 'lose')
    const spend = testSpend(lease)
    expect(await redeemed(store, spend)).toBe('spent')
    expect(proxy.happened()).toBe(true)
    expect(await redeemed(beside, spend)).toBe('token_used')
    await enroll(store, 'after')
    expect(await beside.verifyAudit()).toMatchObject({ whole: true, chains: 2, records: 6 })
  })

  it('that did not happen is status_unknown, and nothing is left of it', async () => {
    const { proxy, store, beside, lease } = await behindProxy()
    proxy.arm(COMMIT, 'cut')
    await expect(enroll(store, 'lost')).rejects.toMatchObject({ code: 'status_unknown' })
    expect(await isEnrolled(beside, 'lost')).toBe(false)
    const spend = testSpend(lease)
    proxy.arm(COMMIT, 'cut')
    expect(await redeemed(store, spend)).toBe('status_unknown')
    expect(await redeemed(store, spend)).toBe('spent')
    await enroll(store, 'after')
    expect(await beside.verifyAudit()).toMatchObject({ whole: true, records: 3 })
  })

  it('that lands after it was given up is the whole end of a chain nobody goes on with', async () => {
    const { proxy, store, beside, lease } = await behindProxy()
    await enroll(store, 'before')
    const spend = testSpend(lease)
    proxy.arm(COMMIT, 'hold')
    expect(await redeemed(store, spend)).toBe('status_unknown')
    await enroll(store, 'meanwhile')
    expect(await beside.verifyAudit()).toMatchObject({ whole: true, chains: 3, records: 3 })
    proxy.letGo()
    const landed = async () => {
      const kept = await beside.read((reads) => reads.spentToken(DEFAULT_TENANT, spend.jti))
      return kept !== undefined
    }
    await expect.poll(landed, { timeout: 10_000 }).toBe(true)
    expect(await redeemed(store, spend), 'I7').toBe('token_used')
    await enroll(store, 'after')
    expect(await beside.verifyAudit()).toMatchObject({ whole: true, chains: 3, records: 6 })
  })

  it('a connection that breaks before the commit is no reason to say no', async () => {
    const { proxy, store, lease } = await behindProxy()
    proxy.arm('insert into audit_records', 'cut')
    expect(await redeemed(store, testSpend(lease))).toBe('spent')
    expect(proxy.happened()).toBe(true)
    proxy.arm('insert into "agents"', 'cut')
    expect((await enroll(store, 'again')).result.ok).toBe(true)
    expect(proxy.happened()).toBe(true)
    expect(await store.verifyAudit()).toMatchObject({ whole: true, records: 3 })
  })
})
