import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { openSqliteStore, type SqliteStoreOptions } from '../../src/store/open.ts'
import type { Store } from '../../src/store/ports.ts'
import { testCheckpointer } from './store-checkpointer.ts'
import { type TestClock, testClock } from './store-facts.ts'

/** Where one test keeps its store and its keys. */
export interface TestPlace {
  readonly folder: string
  readonly path: string
  readonly keysDir: string
  readonly clock: TestClock
  /** Opens a store here; every opened store is closed after the test. */
  open(change?: Partial<SqliteStoreOptions>): Promise<Store>
}

const closing: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Does something after the test, before what was asked for earlier. */
export function afterTest(close: () => Promise<void> | void): void {
  closing.push(close)
}

/** A fresh folder, removed after the test. */
export function testPlace(): TestPlace {
  const folder = mkdtempSync(join(tmpdir(), 'writ-store-'))
  closing.push(() => rmSync(folder, { recursive: true, force: true }))
  const clock = testClock()
  const path = join(folder, 'writ.db')
  const keysDir = join(folder, 'keys')
  return {
    folder,
    path,
    keysDir,
    clock,
    async open(change = {}) {
      const checkpoints = { checkpointer: testCheckpointer(), keysDir }
      const store = await openSqliteStore({ path, clock, checkpoints, ...change })
      closing.push(() => store.close())
      return store
    },
  }
}
