import { statSync } from 'node:fs'
import { StoreFault } from '../fault.ts'

/** A file as it is, whatever its name leads to later. */
export interface FilePlace {
  readonly path: string
  readonly device: bigint
  readonly inode: bigint
}

/** The file a path leads to now. */
export function placeOf(path: string): FilePlace {
  const { dev, ino } = statSync(path, { bigint: true })
  return { path, device: dev, inode: ino }
}

/**
 * Asked in every transaction: a ledger whose file was removed or put back under a running process
 * would go on in a file that nobody else sees. Throws a StoreFault `status_unknown`, so that
 * nothing is spent there any more; the process has to be started again.
 */
export function requireInPlace({ path, device, inode }: FilePlace): void {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (found?.dev === device && found.ino === inode) return
  throw new StoreFault('status_unknown', `The ledger ${path} is another file now; start again.`)
}
