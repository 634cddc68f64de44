import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ledgerFile } from '../../src/store/ledger/identity.ts'
import { type LedgerOptions, type OpenLedger, openLedger } from '../../src/store/ledger/open.ts'
import { LEDGER_OWNER } from './ledger-facts.ts'
import { afterTest } from './store.ts'
import { type TestClock, testClock } from './store-facts.ts'

/** Where one test keeps its ledger. */
export interface LedgerPlace {
  readonly folder: string
  readonly path: string
  readonly clock: TestClock
  /** Opens the ledger; it is closed after the test. */
  open(change?: Partial<LedgerOptions>): Promise<OpenLedger>
}

/** A fresh folder, removed after the test. */
export function ledgerPlace(): LedgerPlace {
  const folder = mkdtempSync(join(tmpdir(), 'writ-ledger-'))
  afterTest(() => rmSync(folder, { recursive: true, force: true }))
  const clock = testClock()
  return {
    folder,
    path: join(folder, ledgerFile(LEDGER_OWNER)),
    clock,
    async open(change = {}) {
      const ledger = await openLedger({ folder, clock, ...LEDGER_OWNER, ...change })
      afterTest(() => ledger.close())
      return ledger
    },
  }
}
