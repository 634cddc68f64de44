import { copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { CLOCK_SKEW_SECONDS, LEDGER_GAP_SECONDS, LEDGER_TICK_MS } from '../../src/domain/limits.ts'
import { refuse } from '../../src/domain/refusal.ts'
import { accept } from '../../src/domain/result.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import { verifyExport } from '../../src/store/audit/export.ts'
import type { OpenLedger } from '../../src/store/ledger/open.ts'
import { type LedgerPlace, ledgerPlace } from '../support/ledger.ts'
import { ledgerSpend, spent } from '../support/ledger-facts.ts'
import { T0 } from '../support/store-facts.ts'

/** The first second whose tokens a ledger that was born at T0 takes. */
const FROM = CLOCK_SKEW_SECONDS + 1

function at(place: LedgerPlace, seconds: number): void {
  place.clock.at = epochSeconds(T0 + seconds)
}

/** Time passes over a ledger in use: it notes it before the gap is reached. */
async function pass(place: LedgerPlace, ledger: OpenLedger, from: number, to: number) {
  for (let now = from; now < to; now += LEDGER_GAP_SECONDS) {
    at(place, now)
    await ledger.sweep()
  }
  at(place, to)
  await ledger.sweep()
}

/** A place whose ledger was born at T0, with the clock where tokens are taken. */
async function opened() {
  const place = ledgerPlace()
  const ledger = await place.open()
  await pass(place, ledger, 0, FROM)
  return { place, ledger }
}

/** Event and outcome of every record, in order. */
async function recorded(ledger: OpenLedger) {
  const lines: string[] = []
  await ledger.exportAudit((line) => void lines.push(line))
  return lines
    .map((line) => JSON.parse(line) as { kind: string; body: string })
    .filter(({ kind }) => kind === 'record')
    .map(({ body }) => JSON.parse(body) as { outcome: string; facts: Record<string, unknown> })
}

describe('a ledger of spent tokens', () => {
  it('I7: spends a token once, and says where the first record stands', async () => {
    const { ledger } = await opened()
    const token = ledgerSpend(FROM)
    const first = await ledger.spend(token, () => accept(undefined))
    expect(first).toMatchObject({ kind: 'spent', record: { sequence: 1 } })
    const second = await ledger.spend(token, () => accept(undefined))
    expect(second).toMatchObject({
      refusal: { code: 'token_used', facts: { spentSequence: 1 } },
    })
  })

  it('I7: of 64 at once one wins', async () => {
    const { ledger } = await opened()
    const token = ledgerSpend(FROM)
    const outcomes = await Promise.all(Array.from({ length: 64 }, () => spent(ledger, token)))
    expect(outcomes.filter((word) => word === 'spent')).toHaveLength(1)
    expect(new Set(outcomes)).toEqual(new Set(['spent', 'token_used']))
  })

  it('I7: a spent token stays spent when the ledger is opened again', async () => {
    const { place, ledger } = await opened()
    const [token, other] = [ledgerSpend(FROM), ledgerSpend(FROM)]
    expect(await spent(ledger, token)).toBe('spent')
    await ledger.close()
    const again = await place.open()
    expect(await spent(again, token)).toBe('token_used')
    expect(await spent(again, other)).toBe('spent')
  })

  it('I10: every decision has one record, and the chains of all starts hold together', async () => {
    const { place, ledger } = await opened()
    const token = ledgerSpend(FROM)
    await spent(ledger, token)
    await spent(ledger, token)
    await ledger.recordRefusal(token, refuse('scope_not_granted').refusal)
    await ledger.close()
    const again = await place.open()
    await spent(again, ledgerSpend(FROM), () => refuse('revoked'))
    const words = (await recorded(again)).map(({ outcome }) => outcome).sort()
    expect(words).toEqual(['allowed', 'revoked', 'scope_not_granted', 'token_used'])
    expect(await again.verifyAudit()).toMatchObject({ whole: true, chains: 2, records: 4 })
    const lines: string[] = []
    await again.exportAudit((line) => void lines.push(line))
    expect(await verifyExport(lines)).toMatchObject({ whole: true, records: 4 })
  })

  it('I10: a spend whose record can not be written is none', async () => {
    const { place, ledger } = await opened()
    await ledger.close()
    let broken = false
    const beforeCommit = () => {
      if (broken) throw new Error('the disk is full')
    }
    const faulty = await place.open({ beforeCommit })
    const token = ledgerSpend(FROM)
    broken = true
    await expect(spent(faulty, token)).rejects.toThrow('the disk is full')
    broken = false
    expect(await spent(faulty, token)).toBe('spent')
    expect(await faulty.verifyAudit()).toMatchObject({ whole: true, records: 1 })
  })

  it('asks the judge in the transaction, and a token it refuses is not spent', async () => {
    const { ledger } = await opened()
    const token = ledgerSpend(FROM)
    expect(await spent(ledger, token, () => refuse('suspended'))).toBe('suspended')
    expect(await spent(ledger, token)).toBe('spent')
  })

  it('is closed to others, and one that is closed spends nothing', async () => {
    const { place, ledger } = await opened()
    expect(statSync(place.path).mode & 0o077).toBe(0)
    await ledger.close()
    expect(await spent(ledger, ledgerSpend(FROM))).toBe('status_unknown')
  })

  it('belongs to one audience of one issuer', async () => {
    const { place, ledger } = await opened()
    await ledger.close()
    const other = { audience: 'https://gateway.example:9443/other' }
    await (await place.open(other)).close()
    const { ledgerFile } = await import('../../src/store/ledger/identity.ts')
    const issuer = 'https://authority.example'
    copyFileSync(place.path, `${place.folder}/${ledgerFile({ issuer, ...other })}`)
    await expect(place.open(other)).rejects.toThrow('each audience has its own')
  })
})

describe('time', () => {
  it('I7: a clock that steps back revives no token that is over', async () => {
    const { place, ledger } = await opened()
    const token = ledgerSpend(FROM)
    at(place, FROM + 60)
    await ledger.sweep()
    at(place, FROM)
    expect(await spent(ledger, token)).toBe('expired')
  })

  it('I7: a sweep forgets only what stays refused, whatever the clock does', async () => {
    const { place, ledger } = await opened()
    const token = ledgerSpend(FROM)
    expect(await spent(ledger, token)).toBe('spent')
    expect(await ledger.sweep()).toBe(0)
    at(place, FROM + 60 + 331)
    expect(await ledger.sweep()).toBe(1)
    at(place, FROM)
    expect(await spent(ledger, token)).toBe('expired')
  })
})

describe('I7: a ledger that was lost never spends again', () => {
  it('a new one takes only tokens issued later than any that could have been spent', async () => {
    const place = ledgerPlace()
    const ledger = await place.open()
    expect(await spent(ledger, ledgerSpend(-5))).toBe('status_unknown')
    expect(await spent(ledger, ledgerSpend(FROM - 1))).toBe('status_unknown')
    expect(await spent(ledger, ledgerSpend(FROM))).toBe('spent')
  })

  it('says how long it takes until it serves', async () => {
    const ledger = await ledgerPlace().open()
    expect(await ledger.spend(ledgerSpend(0), () => accept(undefined))).toMatchObject({
      refusal: { code: 'status_unknown', facts: { retryAfterSeconds: FROM } },
    })
  })

  it('a disk that is gone: what was spent there is refused', async () => {
    const { place, ledger } = await opened()
    const token = ledgerSpend(FROM)
    expect(await spent(ledger, token)).toBe('spent')
    await ledger.close()
    rmSync(place.folder, { recursive: true })
    const afresh = await place.open()
    expect(await spent(afresh, token)).toBe('status_unknown')
    expect(await spent(afresh, ledgerSpend(FROM + CLOCK_SKEW_SECONDS + 1))).toBe('spent')
  })

  it('an old copy that is put back: what was spent since is refused', async () => {
    const { place, ledger } = await opened()
    await ledger.close()
    const copy = `${place.path}.copy`
    copyFileSync(place.path, copy)
    const later = await place.open()
    await pass(place, later, FROM, FROM + 15)
    const token = ledgerSpend(FROM + 15)
    expect(await spent(later, token)).toBe('spent')
    await later.close()
    renameSync(copy, place.path)
    const back = await place.open()
    expect(await spent(back, token)).toBe('status_unknown')
    expect(await spent(back, ledgerSpend(FROM + 15 + FROM))).toBe('spent')
  })

  it('a machine that slept, in the same process: its memory begins anew', async () => {
    const { place, ledger } = await opened()
    const token = ledgerSpend(FROM)
    at(place, FROM + LEDGER_GAP_SECONDS)
    expect(await spent(ledger, token)).toBe('spent')
    const next = ledgerSpend(FROM + LEDGER_GAP_SECONDS)
    at(place, FROM + 2 * LEDGER_GAP_SECONDS + 1)
    expect(await spent(ledger, next)).toBe('status_unknown')
  })

  it('a short pause is none: a restart within the gap goes on', async () => {
    const { place, ledger } = await opened()
    await ledger.close()
    at(place, FROM + LEDGER_GAP_SECONDS)
    expect(await spent(await place.open(), ledgerSpend(FROM))).toBe('spent')
  })

  it('notes the time while nothing happens', async () => {
    const { place, ledger } = await opened()
    at(place, FROM + LEDGER_GAP_SECONDS)
    await delay(LEDGER_TICK_MS + 300)
    at(place, FROM + 2 * LEDGER_GAP_SECONDS)
    expect(await spent(ledger, ledgerSpend(FROM))).toBe('spent')
  })

  it('a file taken away under a running process: nothing is spent where nobody looks', async () => {
    const { place, ledger } = await opened()
    const token = ledgerSpend(FROM)
    renameSync(place.path, `${place.path}.away`)
    expect(await spent(ledger, token)).toBe('status_unknown')
    await place.open()
    expect(existsSync(place.path)).toBe(true)
    expect(await spent(ledger, token)).toBe('status_unknown')
  })
})
