import { setTimeout as delay } from 'node:timers/promises'
import { StoreFault } from './fault.ts'
import type { StoreOptions } from './openable.ts'

/** Connections of a process that was killed are known to a database for a moment. */
const PATIENCE_MS = 3_000
const LOOK_MS = 200

/** Throws a StoreFault `unusable` while another process uses the store. */
export async function requireAlone(options: StoreOptions): Promise<void> {
  for (const until = Date.now() + PATIENCE_MS; ; await delay(LOOK_MS)) {
    if (await isAlone(options)) return
    if (Date.now() > until) break
  }
  throw new StoreFault('unusable', 'Another process uses the store: stop every one first.')
}

async function isAlone(options: StoreOptions): Promise<boolean> {
  if ('databaseUrl' in options) {
    const { isPostgresAlone } = await import('./postgres/alone.ts')
    return isPostgresAlone(options.databaseUrl)
  }
  const { isSqliteAlone } = await import('./sqlite/alone.ts')
  return isSqliteAlone(options.path)
}
