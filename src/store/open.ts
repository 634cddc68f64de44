import { randomBytes } from 'node:crypto'
import { auditBroken } from '../domain/audit-broken.ts'
import { StoreFault } from './fault.ts'
import type { OpenableStore, SqliteStoreOptions, StoreOptions } from './openable.ts'
import type { Store } from './ports.ts'

export type { SqliteStoreOptions, StoreOptions } from './openable.ts'

/**
 * Opens the store. Refuses to serve, with a StoreFault: `unusable` (driver, file modes, a URL or
 * schema that does not fit), `rolled_back` (older than the checkpoint beside the keys, until
 * `acceptRollback`), `audit_broken` (the trail does not hold together), `status_unknown` (the
 * database does not answer). A trail that does not hold together also raises an alert, where that
 * can still be written.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const store = await openUnchecked(options)
  try {
    await store.requireWhole(options.verifyAtStart !== false)
    await store.begin()
    return store
  } catch (fault) {
    if (fault instanceof StoreFault && fault.code === 'audit_broken') {
      await store.outbox.raiseOnce(auditBroken(fault.message)).catch(() => undefined)
    }
    await store.abandon()
    throw fault
  }
}

/** The embedded store; brought to the newest schema as it is opened. */
export function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  return openStore(options)
}

/** Opens without asking whether the store is whole and recent; for accepting a rollback. */
export async function openUnchecked(options: StoreOptions): Promise<OpenableStore> {
  const common = {
    ...options,
    newChain: options.newChain ?? (() => randomBytes(16).toString('base64url')),
    failed: options.failed ?? warn,
  }
  if ('databaseUrl' in common) {
    const { openPostgres } = await import('./postgres/open.ts')
    return openPostgres(common)
  }
  const { openSqlite } = await import('./sqlite/open.ts')
  return openSqlite(common)
}

function warn(fault: unknown): void {
  process.emitWarning(fault instanceof Error ? fault : String(fault))
}
