import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openSqliteStore } from '../../src/store/open.ts'
import { systemClock } from '../../src/system.ts'
import { freshFolder } from '../support/pki.ts'
import { afterTest } from '../support/store.ts'

const DRIVER = createRequire(import.meta.url).resolve('better-sqlite3')
const TAKE = `
  const store = new (require(${JSON.stringify(DRIVER)}))(process.argv[1], { timeout: 100 })
  try {
    store.pragma('locking_mode = EXCLUSIVE')
    store.exec('begin exclusive; commit')
    console.log('taken')
  } catch (error) {
    console.log(error.code)
  }`

/** Locks of this process on a file, as the kernel lists them. */
function locksOn(file: string): readonly string[] {
  const { ino } = statSync(file)
  const lines = readFileSync('/proc/locks', 'utf8').split('\n')
  return lines.filter((line) => line.includes(` ${process.pid} `) && line.includes(`:${ino} `))
}

describe.skipIf(!existsSync('/proc/locks'))('the lock of an open store', () => {
  it('stands while the store is open, however many connections were made after the first', async () => {
    const path = join(freshFolder(), 'data', 'writ.db')
    const store = await openSqliteStore({ path, clock: systemClock })
    afterTest(() => store.close())
    await store.read(async (reads) => reads.now)
    expect(locksOn(path)).not.toEqual([])
    const taken = execFileSync(process.execPath, ['-e', TAKE, path], { encoding: 'utf8' })
    expect(taken.trim()).toMatch(/^SQLITE_(BUSY|IOERR|LOCKED)/)
  })
})
