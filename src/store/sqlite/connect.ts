import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import { StoreFault } from '../fault.ts'
import { bindingsProblem, type SqliteDriver } from './driver.ts'

/** How long opening, migrating and reading wait for another process. */
const BUSY_TIMEOUT_MS = 5_000
/** Statements kept prepared on one connection; shapes with lists of ids come in many lengths. */
const STATEMENTS_MAX = 256
/** A write-ahead log that grew in a burst is cut back to this. */
const JOURNAL_BYTES = 64 * 1024 * 1024
/** Pages in the log before they are written back: each rewritten page is then written once. */
const CHECKPOINT_PAGES = 4_000
/** Page cache in KiB: the right edge of every index, and the upper levels of the wide ones. */
const CACHE_KIB = 64 * 1024

/** How long a start waits to write the log back while other processes use it. */
const WRITE_BACK_MS = 250

/** One open connection with its prepared statements. */
export interface SqliteConnection {
  readonly raw: Database.Database
  /** Prepares once; asks for the same text again are answered from memory. */
  prepare(sql: string): Database.Statement<unknown[], unknown>
  close(): void
}

/** What SQLite calls "somebody else is writing"; nothing was done. */
export function isBusy(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && code.startsWith('SQLITE_BUSY')
}

/** What SQLite says when file or disk do not do their part; never about our statements. */
const DISK = /^SQLITE_(?:FULL|IOERR|CANTOPEN|READONLY|PROTOCOL|NOMEM|CORRUPT|BUSY)/

/**
 * A disk that is full or broken, as a StoreFault `status_unknown`: a commit whose fsync failed may
 * reach the disk all the same, so nothing is promised either way. Other faults stay what they are.
 */
export function storeFault(error: unknown): unknown {
  const code = (error as { code?: unknown } | null)?.code
  if (error instanceof StoreFault || typeof code !== 'string' || !DISK.test(code)) return error
  return new StoreFault('status_unknown', `The disk did not do its part (${code}).`, error)
}

/**
 * Opens a connection to the file: WAL; synchronous=FULL, since a power loss must not undo a
 * revocation and better-sqlite3 falls to NORMAL in WAL; foreign keys; F_FULLFSYNC where it exists.
 * A `reader` can not write. Creates folder (0700) and file (0600); throws a StoreFault `unusable`
 * when others could read them or the driver can not run.
 */
export async function openConnection(
  Driver: SqliteDriver,
  path: string,
  role: 'writer' | 'reader',
): Promise<SqliteConnection> {
  keepPrivate(path)
  const raw = openRaw(Driver, path)
  try {
    await useWriteAheadLog(raw)
    raw.pragma('synchronous = FULL')
    raw.pragma('fullfsync = ON')
    raw.pragma('checkpoint_fullfsync = ON')
    raw.pragma('foreign_keys = ON')
    raw.pragma('trusted_schema = OFF')
    raw.pragma('temp_store = MEMORY')
    raw.pragma(`cache_size = -${CACHE_KIB}`)
    raw.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    raw.pragma(`journal_size_limit = ${JOURNAL_BYTES}`)
    if (role === 'reader') raw.pragma('query_only = ON')
    else await writeLogBack(raw)
  } catch (error) {
    raw.close()
    throw storeFault(error)
  }
  return { raw, prepare: statementCache(raw), close: () => raw.close() }
}

function openRaw(Driver: SqliteDriver, path: string): Database.Database {
  try {
    return new Driver(path, { timeout: BUSY_TIMEOUT_MS })
  } catch (error) {
    const problem = bindingsProblem(error)
    if (problem !== undefined) throw new StoreFault('unusable', problem, error)
    throw new StoreFault('unusable', `The store ${path} could not be opened.`, error)
  }
}

/** Two processes that switch at once see SQLITE_BUSY without SQLite waiting for them. */
async function useWriteAheadLog(raw: Database.Database): Promise<void> {
  for (const until = Date.now() + BUSY_TIMEOUT_MS; ; ) {
    try {
      const mode = raw.pragma('journal_mode = WAL', { simple: true })
      if (mode === 'wal') return
      throw new StoreFault('unusable', `The store needs a write-ahead log, not "${String(mode)}".`)
    } catch (error) {
      if (!isBusy(error) || Date.now() > until) throw error
      await delay(5 + Math.random() * 20)
    }
  }
}

/**
 * Writes what stands in the log into the file, synced, and begins the log anew. After a failed
 * fsync a log can read whole from memory and have a hole on disk, since Linux calls pages clean
 * that it could not write. Whoever opened it after a crash would add commits behind the hole, and a
 * power loss would take them. While other processes have it open nobody opened it after a crash, so
 * then it is only tried.
 */
async function writeLogBack(raw: Database.Database): Promise<void> {
  raw.pragma('busy_timeout = 0')
  for (const until = Date.now() + WRITE_BACK_MS; ; ) {
    const [told] = raw.pragma('wal_checkpoint(TRUNCATE)') as readonly { readonly busy: number }[]
    if (told?.busy === 0 || Date.now() > until) break
    await delay(5 + Math.random() * 20)
  }
  raw.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`)
}

function statementCache(raw: Database.Database): SqliteConnection['prepare'] {
  const prepared = new Map<string, Database.Statement<unknown[], unknown>>()
  return (sql) => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    if (prepared.size >= STATEMENTS_MAX) prepared.clear()
    const statement = raw.prepare<unknown[], unknown>(sql)
    prepared.set(sql, statement)
    return statement
  }
}

/** SQLite gives the log files the mode of the database file, so that one has to be right first. */
function keepPrivate(path: string): void {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (process.platform === 'win32') return
  if ((statSync(folder).mode & 0o077) !== 0) {
    throw new StoreFault(
      'unusable',
      `The folder ${folder} is open to others; run "chmod 700 ${folder}".`,
    )
  }
  // Never opened without need: closing it takes this process's locks away, of every connection.
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
}
