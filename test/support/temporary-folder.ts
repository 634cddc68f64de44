import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CLUSTER_FILE, type Cluster, stopCluster } from './postgres-cluster.ts'

/**
 * One folder for everything a test run leaves behind, removed at its end: tests and the processes
 * they start find it as the system's temporary folder. A database server that lives in it is ended
 * first.
 */
export function setup(): () => Promise<void> {
  const outside = process.env['TMPDIR']
  const folder = mkdtempSync(join(tmpdir(), 'writ-tests-'))
  // A database server of another user has to reach its own folder in here.
  chmodSync(folder, 0o711)
  process.env['TMPDIR'] = folder
  return async () => {
    const told = join(folder, CLUSTER_FILE)
    if (existsSync(told)) {
      await stopCluster((JSON.parse(readFileSync(told, 'utf8')) as Cluster).folder)
    }
    if (outside === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = outside
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
