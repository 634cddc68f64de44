import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Lease } from '../../src/domain/lease.ts'
import type { Spend } from '../../src/domain/redemption.ts'
import type { Store } from '../../src/store/ports.ts'
import { openReservations } from '../support/budget-ledger.ts'
import { accountsOf, budgetsOf, settled, usd } from '../support/budgets.ts'
import { postgresPlace, sharedCluster } from '../support/postgres.ts'
import { afterTest, testPlace } from '../support/store.ts'
import { given, redeemed, T0, testAgent, testLease, testSpend } from '../support/store-facts.ts'
import { type StoreProcess, startStoreProcess } from '../support/store-process.ts'

const PROCESSES = 4

/** A database that several processes open. */
interface Place {
  open(): Promise<Store>
  openIn(process: StoreProcess): Promise<void>
}

function sqlite(): Place {
  const place = testPlace()
  const { path, keysDir } = place
  return {
    open: () => place.open(),
    openIn: (process) => process.order({ do: 'open', path, keysDir, at: T0 }),
  }
}

function postgres(): Place {
  const place = postgresPlace()
  const { keysDir } = place
  return {
    open: () => place.open(),
    async openIn(process) {
      const databaseUrl = await place.databaseUrl()
      await process.order({ do: 'open', path: '', keysDir, at: T0, databaseUrl })
    },
  }
}

async function processesOn(place: Place, count = PROCESSES): Promise<StoreProcess[]> {
  const processes = Array.from({ length: count }, () => startStoreProcess())
  for (const one of processes) afterTest(() => one.kill())
  await Promise.all(processes.map((one) => place.openIn(one)))
  return processes
}

/** Two siblings under a root with a dollar and 30 uses; each sibling is promised all of it. */
async function family(
  store: Store,
  change: { readonly amount: number; readonly maxUses?: number },
) {
  const { amount, ...limits } = change
  const root = testLease('planner', { budgets: [usd(amount)], ...limits })
  const siblings = ['worker', 'helper'].map((name) =>
    testLease(name, { parent: root, budgets: [usd(amount)] }),
  )
  const agents = ['planner', 'worker', 'helper'].map((name) => testAgent(name))
  await given(store, { agents, leases: [root, ...siblings] })
  return { root, siblings }
}

function spendsOf(siblings: readonly Lease[], count: number, cost: number): Spend[] {
  return Array.from({ length: count }, (_, at) => {
    const lease = siblings[at % siblings.length]
    if (lease === undefined) throw new Error('there are siblings')
    return testSpend(lease, { costs: [usd(cost)] })
  })
}

const shareOf = (spends: readonly Spend[], one: number, of: number) =>
  spends.filter((_, at) => Math.floor(at / 2) % of === one)

describe.each([
  ['one SQLite file', sqlite],
  ['one PostgreSQL database', postgres],
] as const)('four processes on %s', (_, openPlace) => {
  it('I11: siblings at once are admitted exactly as often as the budget above has room', async () => {
    if (openPlace === postgres) await sharedCluster()
    const place = openPlace()
    const store = await place.open()
    const { root, siblings } = await family(store, { amount: 100 })
    const spends = spendsOf(siblings, 240, 3)
    const processes = await processesOn(place)
    const outcomes = await Promise.all(
      processes.map((one, at) =>
        one.order<string[]>({ do: 'redeem', spends: shareOf(spends, at, PROCESSES) }),
      ),
    )
    const told = outcomes.flat()
    expect(told.filter((outcome) => outcome === 'spent')).toHaveLength(33)
    expect(told.filter((outcome) => outcome === 'budget_exhausted')).toHaveLength(207)
    expect(await accountsOf(store, root)).toEqual([[99, 0]])
    expect(await openReservations(store, root)).toHaveLength(33)
  }, 120_000)

  it('I11: uses and budgets hold together, and what runs out first refuses', async () => {
    if (openPlace === postgres) await sharedCluster()
    const place = openPlace()
    const store = await place.open()
    const { root, siblings } = await family(store, { amount: 100, maxUses: 30 })
    const spends = spendsOf(siblings, 160, 3)
    const processes = await processesOn(place)
    const outcomes = await Promise.all(
      processes.map((one, at) =>
        one.order<string[]>({ do: 'redeem', spends: shareOf(spends, at, PROCESSES) }),
      ),
    )
    const told = outcomes.flat()
    expect(told.filter((outcome) => outcome === 'spent')).toHaveLength(30)
    expect(told.filter((outcome) => outcome === 'uses_exhausted')).toHaveLength(130)
    expect(await accountsOf(store, root)).toEqual([[90, 0]])
  }, 120_000)

  it('I11: kill -9 in between keeps every reservation, and nothing is spent twice', async () => {
    if (openPlace === postgres) await sharedCluster()
    const place = openPlace()
    const store = await place.open()
    const { root, siblings } = await family(store, { amount: 400 })
    const spends = spendsOf(siblings, 1_200, 4)
    const processes = await processesOn(place)
    const acknowledged: string[] = []
    for (const [at, one] of processes.entries()) {
      one.order({ do: 'pay', spends: shareOf(spends, at, PROCESSES) }).catch(() => {})
    }
    for (const one of processes) {
      await delay(40 + Math.random() * 60)
      await one.kill()
      acknowledged.push(...one.spent)
    }
    await expectBalanced(store, root, siblings)
    const open = await openReservations(store, root)
    const known = new Set(spends.map(({ jti }) => jti))
    expect(open.every(({ jti }) => known.has(jti))).toBe(true)

    for (const { jti } of open) {
      const spend = spends.find((one) => one.jti === jti)
      if (spend !== undefined)
        expect(await settled(store, spend, 'released', 'any')).toBe('settled')
    }
    await expectBalanced(store, root, siblings)
    for (const jti of acknowledged) {
      const spend = spends.find((one) => one.jti === jti)
      if (spend !== undefined) expect(await redeemed(store, spend)).toBe('token_used')
    }
    const [account] = await budgetsOf(store, root)
    const left = 400 - (account?.spent ?? 0)
    const fresh = spendsOf(siblings, 130, 4)
    const told = await Promise.all(fresh.map((spend) => redeemed(store, spend)))
    const fits = Math.min(fresh.length, Math.floor(left / 4))
    expect(told.filter((outcome) => outcome === 'spent')).toHaveLength(fits)
    expect(await store.verifyAudit()).toMatchObject({ whole: true })
  }, 180_000)
})

/** The root holds what its children hold, no more than it has, and what is open is what is held. */
async function expectBalanced(store: Store, root: Lease, siblings: readonly Lease[]) {
  const [above, ...below] = await accountsOf(store, root, ...siblings)
  if (above === undefined) throw new Error('a root has its account')
  const sum = (place: 0 | 1) => below.reduce((total, account) => total + account[place], 0)
  expect([sum(0), sum(1)]).toEqual([...above])
  expect(above[0] + above[1]).toBeLessThanOrEqual(400)
  const open = await openReservations(store, root)
  expect(open.reduce((total, { amount }) => total + amount, 0)).toBe(above[0])
}
