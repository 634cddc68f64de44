import { randomBytes } from 'node:crypto'
import { linkSync, renameSync, statSync, unlinkSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { createSecretFile, isErrno, readSecretFile } from './secret-file.ts'

const RETRY_MS = 10
/** The work under a lock takes milliseconds; a lock this old was left by a process that died. */
const ABANDONED_MS = 10_000
const PATIENCE_MS = 15_000

/**
 * Does `work` while no other process, and nobody else in this one, does work under the same lock
 * file. `work` is synchronous, so that it is short. A lock left by a dead process is broken after
 * ten seconds. Throws a fault when the lock is not to be had in fifteen.
 */
export async function exclusively<T>(lockFile: string, work: () => T): Promise<T> {
  const mine = randomBytes(16).toString('hex')
  const giveUpAt = performance.now() + PATIENCE_MS
  while (!createSecretFile(lockFile, mine)) {
    breakAbandoned(lockFile)
    if (performance.now() > giveUpAt) throw new Error(`${lockFile} is held by another process.`)
    await delay(RETRY_MS)
  }
  try {
    return work()
  } finally {
    if (readSecretFile(lockFile) === mine) unlinkSync(lockFile)
  }
}

/**
 * Moves the lock aside before removing it: of several breakers only one moves it, and one that
 * moved a lock which was taken afresh in between puts it back.
 */
function breakAbandoned(lockFile: string): void {
  const aside = `${lockFile}.${randomBytes(8).toString('hex')}`
  try {
    if (!isAbandoned(lockFile)) return
    renameSync(lockFile, aside)
    if (!isAbandoned(aside)) linkSync(aside, lockFile)
    unlinkSync(aside)
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
  }
}

function isAbandoned(lockFile: string): boolean {
  return Date.now() - statSync(lockFile).mtimeMs > ABANDONED_MS
}
