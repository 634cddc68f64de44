import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * One folder for everything a test run leaves behind, removed at its end: tests and the processes
 * they start find it as the system's temporary folder.
 */
export function setup(): () => void {
  const outside = process.env['TMPDIR']
  const folder = mkdtempSync(join(tmpdir(), 'writ-tests-'))
  // A database server of another user has to reach its own folder in here.
  chmodSync(folder, 0o711)
  process.env['TMPDIR'] = folder
  return () => {
    if (outside === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = outside
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
