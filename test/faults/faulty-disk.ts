import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SOURCE = fileURLToPath(new URL('./faulty-disk.c', import.meta.url))

/** What a disk can be told to do wrong; see faulty-disk.c. */
export type DiskFault = 'sync' | 'write' | 'full'

/** A data folder on a disk that fails on demand. */
export interface FaultyDisk {
  readonly dataDir: string
  /** Environment of a process that is to live with this disk. */
  readonly env: Readonly<Record<string, string>>
  /** From now on this fails. */
  fail(fault: DiskFault): void
  /** From now on nothing fails. */
  heal(): void
  /**
   * The data folder becomes what had been synced; no process may run. What was written since, or
   * before a sync that failed, is lost.
   */
  losePower(): void
  remove(): void
}

/** A disk that works so far, or the sentence that says why there can be none here. */
export function faultyDisk(): FaultyDisk | string {
  if (process.platform !== 'linux') return 'Only Linux has LD_PRELOAD, which breaks the disk.'
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'writ-disk-')))
  const library = join(folder, 'faulty-disk.so')
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl'])
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true })
    return `There is no C compiler that makes a failing disk: ${String(cause)}`
  }
  const [dataDir, shadow] = ['data', 'shadow'].map((name) => join(folder, name)) as [string, string]
  for (const made of [dataDir, shadow]) mkdirSync(made, { mode: 0o700 })
  const orders = join(folder, 'orders')
  return {
    dataDir,
    env: {
      LD_PRELOAD: library,
      FAULTY_FOLDER: dataDir,
      FAULTY_ORDERS: orders,
      FAULTY_SHADOW: shadow,
    },
    fail: (fault) => writeFileSync(orders, fault),
    heal: () => writeFileSync(orders, ''),
    losePower() {
      for (const name of readdirSync(dataDir)) rmSync(join(dataDir, name))
      cpSync(shadow, dataDir, { recursive: true })
    },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  }
}
