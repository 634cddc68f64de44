import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/ports.ts'
import { testCheckpointer } from '../../support/store-checkpointer.ts'
import { type TestClock, testClock } from '../../support/store-facts.ts'

/** A fresh database for one run. Opened again it is another start on the same data. */
export interface Place {
  readonly clock: TestClock
  open(): Promise<Store>
  /** Removes it; every store opened here has to be closed. */
  remove(): Promise<void>
}

/** The databases a simulation can run on. */
export type StoreName = 'sqlite'

/** Makes fresh places of one database. */
export const PLACES: Readonly<Record<StoreName, () => Promise<Place>>> = { sqlite: sqlitePlace }

async function sqlitePlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-simulation-'))
  const clock = testClock()
  const checkpoints = { checkpointer: testCheckpointer(), keysDir: join(folder, 'keys') }
  const path = join(folder, 'writ.db')
  return {
    clock,
    open: () => openSqliteStore({ path, clock, checkpoints }),
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  }
}
