import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import type { Lease } from '../../src/domain/lease.ts'
import type { Spend } from '../../src/domain/redemption.ts'
import { givenYes, testApproval, testRequest } from '../support/approval-facts.ts'
import { afterTest, type TestPlace, testPlace } from '../support/store.ts'
import { given, T0, testAgent, testLease, testSpend } from '../support/store-facts.ts'
import { type StoreProcess, startStoreProcess } from '../support/store-process.ts'

/** 21 times kill -9 in the middle of work: rounds of three processes on one file. */
const ROUNDS = 7
const PROCESSES = 3

describe('processes on one file', () => {
  it('bring a new file to the newest schema at once', async () => {
    const place = testPlace()
    const processes = await opened(place, 4)
    await Promise.all(processes.map((one, at) => one.order({ do: 'enroll', name: `agent${at}` })))
    const store = await place.open()
    const page = await store.read((r) => r.agents(DEFAULT_TENANT, { limit: 9, cursor: null }))
    expect(page.items).toHaveLength(4)
    expect(await store.verifyAudit()).toMatchObject({ whole: true, chains: 4, records: 4 })
  })

  it('I7: race for 200 tokens, and one wins each', async () => {
    const { place, spends } = await prepared({ tokens: 200 })
    const processes = await opened(place, 2)
    const outcomes = await Promise.all(
      processes.map((one) => one.order<string[]>({ do: 'redeem', spends })),
    )
    const won = spends.map((_, at) => outcomes.filter((told) => told[at] === 'spent').length)
    expect(new Set(won)).toEqual(new Set([1]))
    const lost = outcomes.flat().filter((outcome) => outcome === 'token_used')
    expect(lost).toHaveLength(200)
  })

  it('LEASH-42: race for 60 approvals, and one uses each', async () => {
    const place = testPlace()
    const store = await place.open()
    const approvals = Array.from({ length: 60 }, (_, at) =>
      testApproval({ request: testRequest({ ttlSeconds: at + 1 }) }),
    )
    for (const approval of approvals) await givenYes(store, approval)
    const ids = approvals.map(({ id }) => id)
    const processes = await opened(place, 3)
    const claims = await Promise.all(
      processes.map((one) => one.order<boolean[]>({ do: 'claim', approvals: ids })),
    )
    const won = ids.map((_, at) => claims.filter((told) => told[at]).length)
    expect(new Set(won)).toEqual(new Set([1]))
  })

  it('I11: under one limit they never overspend', async () => {
    const { place, leaf, spends } = await prepared({ tokens: 300, maxUses: 90 })
    const processes = await opened(place, 3)
    const shares = processes.map((_, at) => spends.filter((_, turn) => turn % 3 === at))
    const outcomes = await Promise.all(
      processes.map((one, at) => one.order<string[]>({ do: 'redeem', spends: shares[at] ?? [] })),
    )
    expect(outcomes.flat().filter((outcome) => outcome === 'spent')).toHaveLength(90)
    const store = await place.open()
    const view = await store.read((reads) => reads.lineage(DEFAULT_TENANT, leaf.id))
    expect(view?.ancestors[0]?.usesSpent).toBe(90)
  })

  it('I9: a revocation acknowledged in one is refused by the next redemption in another', async () => {
    const { place, leaf, spends } = await prepared({ tokens: 40 })
    const [authority, gateway] = await opened(place, 2)
    if (authority === undefined || gateway === undefined) throw new Error('two processes')
    const before = await gateway.order<string[]>({ do: 'redeem', spends: spends.slice(0, 20) })
    expect(new Set(before)).toEqual(new Set(['spent']))
    await authority.order({ do: 'revoke', subject: `lease:${leaf.lineage[0] ?? ''}` })
    const after = await gateway.order<string[]>({ do: 'redeem', spends: spends.slice(20) })
    expect(new Set(after)).toEqual(new Set(['revoked']))
  })

  it('I9: a listener in another process hears within the poll', async () => {
    const place = testPlace()
    const store = await place.open()
    const [other] = await opened(place, 1)
    const heard = new Promise((resolve) => store.onRevocation(resolve))
    await other?.order({ do: 'revoke', subject: 'key:stolen' })
    expect(await heard).toEqual([
      {
        seq: 1,
        tenant: DEFAULT_TENANT,
        subject: 'key:stolen',
        effect: 'revoked',
        reason: 'test',
        at: T0,
      },
    ])
  })
})

describe('kill -9', () => {
  it('I7, I10: loses no acknowledged spend and leaves no spend without its record', async () => {
    const { place, spends } = await prepared({ tokens: 30_000 })
    const acknowledged: string[] = []
    let next = started(PROCESSES)
    for (let round = 0; round < ROUNDS; round += 1) {
      const processes = next
      next = started(round + 1 < ROUNDS ? PROCESSES : 0)
      await openAll(place, processes)
      const share = spends.slice(round * 4_000, round * 4_000 + 5_000)
      for (const one of processes) one.order({ do: 'work', spends: share }).catch(() => {})
      for (const one of processes) {
        await delay(5 + Math.random() * 60)
        await one.kill()
        acknowledged.push(...one.spent)
      }
    }
    expect(acknowledged.length).toBeGreaterThan(100)
    expect(new Set(acknowledged).size, 'I7').toBe(acknowledged.length)

    const store = await place.open()
    expect(await store.verifyAudit()).toMatchObject({ whole: true })
    await expectSharedFate(place, acknowledged)
  }, 180_000)
})

/** Every acknowledged spend is kept; spends and records of spends are the same tokens. */
async function expectSharedFate(place: TestPlace, acknowledged: readonly string[]): Promise<void> {
  const { default: Database } = await import('better-sqlite3')
  const raw = new Database(place.path, { readonly: true })
  try {
    const column = (sql: string) => raw.prepare(sql).pluck().all() as string[]
    const spent = new Set(column('select jti from spent_tokens'))
    const recorded = column(`select json_extract(body, '$.facts.jti') from audit_records
      where json_extract(body, '$.event') = 'token.redeemed'
      and json_extract(body, '$.outcome') = 'allowed'`)
    expect(acknowledged.filter((jti) => !spent.has(jti))).toEqual([])
    expect(recorded).toHaveLength(spent.size)
    expect(new Set(recorded)).toEqual(spent)
    const uses = raw.prepare('select uses_spent from lease_uses').pluck().all()
    expect(new Set(uses), 'I11').toEqual(new Set([spent.size]))
  } finally {
    raw.close()
  }
}

async function prepared(given_: {
  readonly tokens: number
  readonly maxUses?: number
}): Promise<{ readonly place: TestPlace; readonly leaf: Lease; readonly spends: Spend[] }> {
  const place = testPlace()
  const store = await place.open()
  const { tokens, maxUses } = given_
  const root = testLease('planner', maxUses === undefined ? {} : { maxUses })
  const leaf = testLease('worker', { parent: root })
  const agents = [testAgent('planner'), testAgent('worker')]
  await given(store, { agents, leases: [root, leaf] })
  await store.close()
  return { place, leaf, spends: Array.from({ length: tokens }, () => testSpend(leaf)) }
}

const shared: StoreProcess[] = []

afterAll(async () => {
  for (const one of shared) await one.kill()
})

/** Processes that serve one test after the other, each time with a handle on another place. */
async function opened(place: TestPlace, count: number): Promise<StoreProcess[]> {
  while (shared.length < count) shared.push(startStoreProcess())
  const processes = shared.slice(0, count)
  await openAll(place, processes)
  for (const one of processes) afterTest(() => one.order({ do: 'close' }))
  return processes
}

function started(count: number): StoreProcess[] {
  const processes = Array.from({ length: count }, () => startStoreProcess())
  for (const one of processes) afterTest(() => one.kill())
  return processes
}

async function openAll(
  { path, keysDir }: TestPlace,
  processes: readonly StoreProcess[],
): Promise<void> {
  await Promise.all(processes.map((one) => one.order({ do: 'open', path, keysDir, at: T0 })))
}
