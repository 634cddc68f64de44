import { closeSync, existsSync, openSync, rmSync } from 'node:fs'
import { StoreFault } from '../fault.ts'
import { openConnection } from './connect.ts'
import { loadDriver } from './driver.ts'

/** What a copy of a store holds, read from the copy itself. */
export interface CopyFacts {
  /** Newest record of each audit chain, sorted by chain. */
  readonly heads: readonly {
    readonly chain: string
    readonly sequence: number
    readonly hash: string
  }[]
  readonly records: number
  readonly migrations: readonly string[]
}

/** All pages in one step: a step begins anew whenever another process has written meanwhile. */
const PAGES = 2 ** 31 - 1

/**
 * Copies a store to a new file (0600) while processes serve it: one moment of it, whole. Throws a
 * StoreFault `unusable` when there is no store, when the file is there already, or when the copy
 * does not hold together; nothing is left behind then.
 */
export async function copySqlite(path: string, target: string): Promise<CopyFacts> {
  if (!existsSync(path)) throw new StoreFault('unusable', `There is no store at ${path}.`)
  makeNew(target)
  try {
    const source = await openConnection(await loadDriver(), path, 'reader')
    try {
      await source.raw.backup(target, { progress: () => PAGES })
    } finally {
      source.close()
    }
    return await readCopy(target)
  } catch (fault) {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${target}${end}`, { force: true })
    throw fault
  }
}

/** Verifies a copy, page by page and index by index, and reads what it holds. */
export async function readCopy(path: string): Promise<CopyFacts> {
  const Driver = await loadDriver()
  const copy = new Driver(path)
  try {
    copy.pragma('journal_mode = DELETE')
    if (copy.pragma('integrity_check', { simple: true }) !== 'ok') throw broken(path)
    const heads = copy
      .prepare(
        `select chain, sequence, hash from audit_records as newest where sequence =
          (select max(sequence) from audit_records where chain = newest.chain) order by chain`,
      )
      .all() as CopyFacts['heads']
    const count = copy.prepare('select count(*) as n from audit_records').get() as { n: number }
    const seen = copy.prepare('select name from kysely_migration order by name').all()
    const migrations = (seen as { name: string }[]).map(({ name }) => name)
    return { heads, records: count.n, migrations }
  } catch (fault) {
    throw fault instanceof StoreFault ? fault : broken(path, fault)
  } finally {
    copy.close()
  }
}

function broken(path: string, cause?: unknown): StoreFault {
  return new StoreFault('unusable', `${path} is no whole copy of a store.`, cause)
}

function makeNew(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const sentence = code === 'EEXIST' ? 'is there already' : `can not be made (${code})`
    throw new StoreFault('unusable', `${path} ${sentence}.`, cause)
  }
}
