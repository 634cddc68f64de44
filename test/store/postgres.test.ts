import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { DECISION_DEADLINE_MS } from '../../src/domain/limits.ts'
import { accept } from '../../src/domain/result.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import { openStore } from '../../src/store/open.ts'
import { type PostgresPlace, postgresPlace } from '../support/postgres.ts'
import { afterTest } from '../support/store.ts'
import {
  decide,
  given,
  redeemed,
  revoke,
  T0,
  testAgent,
  testClock,
  testLease,
  testSpend,
} from '../support/store-facts.ts'
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts'

/** A connection of its own to the database of a place. */
async function client(place: PostgresPlace): Promise<pg.Client> {
  const one = new pg.Client({ connectionString: await place.databaseUrl() })
  one.on('error', () => {})
  await one.connect()
  afterTest(() => one.end())
  return one
}

async function proxied(place: PostgresPlace): Promise<{ proxy: TcpProxy; databaseUrl: string }> {
  const url = new URL(await place.databaseUrl())
  const proxy = await startProxy(Number(url.port))
  url.port = String(proxy.port)
  return { proxy, databaseUrl: url.href }
}

describe('transactions that get into each other’s way', () => {
  it('are run again until each has its place in one serial order', async () => {
    const place = postgresPlace()
    const stores = [await place.open(), await place.open()]
    const runs = [0, 0]
    let both: () => void = () => {}
    const bothRead = new Promise<void>((resolve) => {
      both = resolve
    })
    const seen = await Promise.all(
      stores.map((store, at) =>
        decide(store, async (tx) => {
          const page = await tx.agents(DEFAULT_TENANT, { limit: 9, cursor: null })
          runs[at] = (runs[at] ?? 0) + 1
          if (runs.every((count) => count > 0)) both()
          await bothRead
          await tx.insertAgent(testAgent(`agent${at}`))
          return accept(page.items.length)
        }),
      ),
    )
    expect(seen.map(({ result }) => result.ok && result.value).sort()).toEqual([0, 1])
    expect(runs.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(2)
  })

  it('a root whose counter is held by somebody is told in time; others go on', async () => {
    const place = postgresPlace()
    const store = await place.open()
    const held = testLease('worker', { maxUses: 5 })
    const others = Array.from({ length: 12 }, () => testLease('worker', { maxUses: 5 }))
    await given(store, { agents: [testAgent('worker')], leases: [held, ...others] })
    expect(await redeemed(store, testSpend(held))).toBe('spent')
    const somebody = await client(place)
    await somebody.query('begin')
    await somebody.query('select 1 from lease_uses where root_id = $1 for update', [held.id])
    const started = performance.now()
    const spend = testSpend(held)
    const waiting = redeemed(store, spend)
    await delay(50)
    const outcomes = await Promise.all(others.map((lease) => redeemed(store, testSpend(lease))))
    expect(outcomes.filter((outcome) => outcome === 'spent').length).toBeGreaterThanOrEqual(6)
    expect(await waiting).toBe('status_unknown')
    expect(performance.now() - started).toBeLessThan(DECISION_DEADLINE_MS + 1_500)
    await somebody.query('rollback')
    expect(await redeemed(store, spend)).toBe('spent')
  })
})

describe('time', () => {
  it('is that of the database when no clock is handed in, and the mark has reached it', async () => {
    const place = postgresPlace()
    const store = await openStore({ databaseUrl: await place.databaseUrl() })
    afterTest(() => store.close())
    const one = await client(place)
    const { at } = await decide(store, async (tx) => accept(tx.now))
    const { rows } = await one.query(`select value::int as mark,
      floor(extract(epoch from clock_timestamp()))::int as now from meta where name = 'time_mark'`)
    expect(rows[0].mark).toBeGreaterThanOrEqual(at)
    expect(Math.abs(rows[0].now - at)).toBeLessThanOrEqual(5)
  })

  it('I7: a process that stood still while the mark passed a token does not spend it', async () => {
    const place = postgresPlace()
    const slow = await place.open({ clock: testClock() })
    const lease = testLease('worker', { maxUses: 5, expiresAt: epochSeconds(T0 + 10_000) })
    await given(slow, { agents: [testAgent('worker')], leases: [lease] })
    const spend = testSpend(lease)
    expect(await redeemed(slow, testSpend(lease))).toBe('spent')
    const somebody = await client(place)
    await somebody.query('begin')
    await somebody.query('select 1 from lease_uses where root_id = $1 for update', [lease.id])
    const waiting = redeemed(slow, spend)
    await delay(200)
    const ahead = await place.open({ clock: testClock(epochSeconds(T0 + 5_000)) })
    await decide(ahead, async () => accept(undefined))
    await somebody.query('rollback')
    expect(await waiting).toBe('expired')
    const view = await slow.read((reads) => reads.lineage(DEFAULT_TENANT, lease.id))
    expect(view?.lease.usesSpent, 'I11').toBe(1)
  })
})

describe('a database that is away', () => {
  it('is a refusal within the deadline, and nothing has to be done when it is back', async () => {
    const place = postgresPlace()
    const { proxy, databaseUrl } = await proxied(place)
    const faults: unknown[] = []
    const store = await place.open({ databaseUrl, failed: (fault) => faults.push(fault) })
    const lease = testLease('worker')
    await given(store, { agents: [testAgent('worker')], leases: [lease] })
    store.onRevocation(() => {})
    await proxy.away()
    const started = performance.now()
    const spend = testSpend(lease)
    const unknown = { code: 'status_unknown' }
    await Promise.all([
      expect(redeemed(store, spend)).resolves.toBe('status_unknown'),
      expect(given(store, {})).rejects.toMatchObject(unknown),
      expect(store.read(async (reads) => reads.now)).rejects.toMatchObject(unknown),
    ])
    expect(performance.now() - started).toBeLessThan(DECISION_DEADLINE_MS + 1_500)
    await proxy.back()
    expect(await redeemed(store, spend)).toBe('spent')
    expect(await store.verifyAudit()).toMatchObject({ whole: true })
    expect(faults.length).toBeLessThan(20)
  })

  it('I9: who hears no revocations from it knows for how long, and knows when it is back', async () => {
    const place = postgresPlace()
    const { proxy, databaseUrl } = await proxied(place)
    const store = await place.open({ databaseUrl, failed: () => {} })
    expect(store.revocationStaleness(), 'nobody listens').toBe(0)
    afterTest(store.onRevocation(() => {}))
    await expect.poll(() => store.revocationStaleness()).toBeLessThan(0.5)
    await proxy.away()
    await expect.poll(() => store.revocationStaleness(), { timeout: 5_000 }).toBeGreaterThan(1.5)
    await proxy.back()
    await expect.poll(() => store.revocationStaleness(), { timeout: 5_000 }).toBeLessThan(0.5)
  })

  it('a network that swallows a transaction is given up, and its locks with it', async () => {
    const place = postgresPlace()
    const { proxy, databaseUrl } = await proxied(place)
    const store = await place.open({ databaseUrl, lanes: 1 })
    const beside = await place.open()
    const lease = testLease('worker', { maxUses: 5 })
    await given(beside, { agents: [testAgent('worker')], leases: [lease] })
    expect(await redeemed(store, testSpend(lease))).toBe('spent')
    proxy.arm('insert into audit_records', 'freeze')
    const started = performance.now()
    expect(await redeemed(store, testSpend(lease))).toBe('status_unknown')
    expect(performance.now() - started).toBeLessThan(DECISION_DEADLINE_MS + 1_500)
    await expect.poll(() => redeemed(beside, testSpend(lease)), { timeout: 10_000 }).toBe('spent')
    expect(await redeemed(store, testSpend(lease))).toBe('spent')
  })

  it('a first start without it says so', async () => {
    const opened = openStore({ databaseUrl: 'postgres://writ:pw@127.0.0.1:9/writ' })
    await expect(opened).rejects.toThrow('The database does not answer.')
  })
})

describe('nothing is kept on a connection', () => {
  it('no statement has a name, and nothing is set, locked or heard beyond a transaction', async () => {
    const place = postgresPlace()
    const { proxy, databaseUrl } = await proxied(place)
    const store = await place.open({ databaseUrl })
    const lease = testLease('worker', { maxUses: 5 })
    await given(store, { agents: [testAgent('worker')], leases: [lease] })
    expect(await redeemed(store, testSpend(lease))).toBe('spent')
    await revoke(store, `lease:${lease.id}`)
    await store.sweep()
    await store.verifyAudit()
    const sent = proxy.sent()
    expect(sent).toContain('insert into spent_tokens')
    expect(sent).not.toMatch(/advisory|\blisten\b|\bnotify\b|\bprepare\b|\bdeclare\b|temp table/i)
    expect(sent).not.toMatch(/\bset (?!local|value|reserved|uses_spent|")\w+ (=|to)/i)
    const named = [...sent.matchAll(/P\0\0[\s\S]{2}([^\0]{0,40})\0(?:select|insert|update)/g)]
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter(([, name]) => name !== '')).toEqual([])
  })
})

describe('secrets', () => {
  it('I12: the password is in no error, and neither is a URL that can not be read', async () => {
    const url = new URL(await postgresPlace().databaseUrl())
    url.password = 'hunter2hunter2'
    const urls = [
      url.href,
      'postgres://writ:hunter2hunter2@127.0.0.1:9/writ',
      'postgres://writ:hunter2hunter2@127.0.0.1:port/writ',
    ]
    for (const databaseUrl of urls) {
      const fault = await openStore({ databaseUrl }).catch((error: unknown) => error)
      const told: string[] = []
      for (let link: unknown = fault; link instanceof Error; link = link.cause) {
        told.push(link.message, link.stack ?? '', JSON.stringify(link))
      }
      expect(told.length).toBeGreaterThan(0)
      expect(told.join('\n')).not.toContain('hunter2')
    }
  })
})
