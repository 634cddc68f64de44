import { setTimeout as delay } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import type { LedgerSpend } from '../../src/domain/ledger.ts'
import { CLOCK_SKEW_SECONDS } from '../../src/domain/limits.ts'
import { later } from '../../src/domain/time.ts'
import { type LedgerPlace, ledgerPlace } from '../support/ledger.ts'
import { ledgerSpend } from '../support/ledger-facts.ts'
import { afterTest } from '../support/store.ts'
import { T0 } from '../support/store-facts.ts'
import { type StoreProcess, startLedgerProcess } from '../support/store-process.ts'

/** Issued late enough for a ledger that is born while the test runs. */
const AGE = CLOCK_SKEW_SECONDS + 1
const ROUNDS = 5
const PROCESSES = 3

describe('two processes on one ledger', () => {
  it('I7: race for 200 tokens, and one wins each', async () => {
    const place = ledgerPlace()
    const spends = tokens(200)
    const processes = await opened(place, 2)
    const outcomes = await Promise.all(
      processes.map((one) => one.order<string[]>({ do: 'spend', spends })),
    )
    const won = spends.map((_, at) => outcomes.filter((told) => told[at] === 'spent').length)
    expect(new Set(won)).toEqual(new Set([1]))
    expect(outcomes.flat().filter((outcome) => outcome === 'token_used')).toHaveLength(200)
  })
})

describe('kill -9', () => {
  it('I7, I10: loses no acknowledged spend and leaves no spend without its record', async () => {
    const place = ledgerPlace()
    const spends = tokens(25_000)
    const acknowledged: string[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const processes = await opened(place, PROCESSES)
      const share = spends.slice(round * 4_000, round * 4_000 + 5_000)
      for (const one of processes) one.order({ do: 'spend-on', spends: share }).catch(() => {})
      for (const one of processes) {
        await delay(20 + Math.random() * 60)
        await one.kill()
        acknowledged.push(...one.spent)
      }
    }
    expect(acknowledged.length).toBeGreaterThan(100)
    expect(new Set(acknowledged).size, 'I7').toBe(acknowledged.length)
    const ledger = await place.open({ clock: { now: () => T0 } })
    expect(await ledger.verifyAudit()).toMatchObject({ whole: true })
    expectSharedFate(place, acknowledged)
  }, 120_000)
})

/** Every acknowledged spend is kept; spends and records of spends are the same tokens. */
function expectSharedFate({ path }: LedgerPlace, acknowledged: readonly string[]): void {
  const raw = new Database(path, { readonly: true })
  try {
    const column = (sql: string) => raw.prepare(sql).pluck().all() as string[]
    const spent = new Set(column('select jti from spent_tokens'))
    const recorded = column(`select json_extract(body, '$.facts.jti') from audit_records
      where json_extract(body, '$.outcome') = 'allowed'`)
    expect(acknowledged.filter((jti) => !spent.has(jti))).toEqual([])
    expect(recorded).toHaveLength(spent.size)
    expect(new Set(recorded)).toEqual(spent)
  } finally {
    raw.close()
  }
}

function tokens(count: number): LedgerSpend[] {
  return Array.from({ length: count }, () => ledgerSpend(AGE))
}

async function opened({ folder }: LedgerPlace, count: number): Promise<StoreProcess[]> {
  const processes = Array.from({ length: count }, startLedgerProcess)
  for (const one of processes) afterTest(() => one.kill())
  const at = later(T0, 0)
  await Promise.all(processes.map((one) => one.order({ do: 'open-ledger', folder, at })))
  return processes
}
