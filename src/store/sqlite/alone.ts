import { existsSync } from 'node:fs'
import { isBusy } from './connect.ts'
import { loadDriver } from './driver.ts'

/**
 * Whether no process has the file open, this one included: every connection holds a lock of the
 * operating system on it from its first read to its end, so a dead process holds none.
 */
export async function isSqliteAlone(path: string): Promise<boolean> {
  if (!existsSync(path)) return true
  const Driver = await loadDriver()
  const raw = new Driver(path, { timeout: 0 })
  try {
    raw.pragma('locking_mode = EXCLUSIVE')
    raw.exec('begin exclusive')
    raw.exec('commit')
    return true
  } catch (error) {
    if (isBusy(error)) return false
    throw error
  } finally {
    raw.close()
  }
}
