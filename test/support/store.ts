import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import type { CheckpointStatement } from '../../src/domain/audit.ts'
import { refuse } from '../../src/domain/refusal.ts'
import { accept } from '../../src/domain/result.ts'
import type { Checkpointer } from '../../src/store/audit/verdict.ts'
import { openSqliteStore, type SqliteStoreOptions } from '../../src/store/open.ts'
import type { Store } from '../../src/store/ports.ts'
import { type TestClock, testClock } from './store-facts.ts'

/**
 * A checkpointer that keeps the shape of the real one (what is signed can be read, nobody else can
 * sign) without a key ring: `src/token` has its own tests.
 */
export function testCheckpointer(secret = 'checkpoint key'): Checkpointer {
  const mac = (payload: string) => createHmac('sha256', secret).update(payload).digest('base64url')
  return {
    async sign(statement) {
      const payload = Buffer.from(JSON.stringify(statement)).toString('base64url')
      return `${payload}.${mac(payload)}`
    },
    async verify(jws) {
      const [payload = '', signature] = jws.split('.')
      if (signature !== mac(payload)) return refuse('signature_invalid')
      const text = Buffer.from(payload, 'base64url').toString('utf8')
      return accept(JSON.parse(text) as CheckpointStatement)
    },
  }
}

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
