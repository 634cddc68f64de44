import { spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { chown, copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { freePort } from '../support/free-ports.ts'
import {
  answering,
  binaries,
  type Cluster,
  guard,
  serverIds,
  urlOf,
} from '../support/postgres-cluster.ts'

/** What a copy leaves out: what belongs to the running server alone. */
const LEFT_OUT = /^(?:postmaster\.(?:pid|opts)|(?:pg_wal|pg_replslot|pg_dynshmem|pg_stat_tmp)\/.*)$/

/** Starts a server on a copy of a running one, which it follows as `conninfo` says. */
export async function startFollower(
  primary: Cluster,
  conninfo: string,
  settings: readonly string[],
): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-postgres-'))
  const data = join(folder, 'data')
  const ids = serverIds()
  chmodSync(folder, 0o711)
  mkdirSync(data, { mode: 0o700 })
  if (ids !== undefined) for (const path of [folder, data]) chownSync(path, ids.uid, ids.gid)
  await backUp(primary, data)
  const port = await freePort()
  const words = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${folder}`,
    'max_connections=200',
    `primary_conninfo=${conninfo}`,
    ...settings,
  ].flatMap((setting) => ['-c', setting])
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', TZ: 'UTC' }
  const how = { ...ids, env, cwd: folder, stdio: 'ignore', detached: true } as const
  const server = spawn(join(binaries(), 'postgres'), ['-D', data, ...words], how)
  server.unref()
  if (server.pid === undefined) throw new Error('PostgreSQL could not be started.')
  guard(server.pid, process.pid, folder)
  const base = { folder, host: '127.0.0.1', port, user: primary.user, password: primary.password }
  return { ...base, version: await answering(base) }
}

/** SIGKILL for a server and every process of it, as when its machine is gone. */
export function killServer({ folder }: Cluster): void {
  const file = join(folder, 'data', 'postmaster.pid')
  const pid = readFileSync(file, 'utf8').split('\n')[0] ?? ''
  const children = readdirSync('/proc').filter((name) => parentOf(name) === pid)
  for (const one of [pid, ...children]) {
    try {
      process.kill(Number(one), 'SIGKILL')
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

function parentOf(pid: string): string | undefined {
  if (!/^\d+$/.test(pid)) return undefined
  try {
    return /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  } catch {
    return undefined
  }
}

/**
 * A base backup by the server's own functions, since `pg_basebackup` does not come with every
 * build. Files that change while they are read are mended from the log, which is streamed.
 */
async function backUp(primary: Cluster, data: string): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(primary, 'postgres') })
  await client.connect()
  try {
    await client.query("select pg_backup_start('standby', true)")
    await copyTree(join(primary.folder, 'data'), data, '')
    const stop = 'select labelfile from pg_backup_stop(false)'
    const { rows } = await client.query<{ labelfile: string }>(stop)
    await own(data, 'backup_label', rows[0]?.labelfile ?? '')
    await own(data, 'standby.signal', '')
  } finally {
    await client.end()
  }
}

async function own(data: string, name: string, text: string): Promise<void> {
  const path = join(data, name)
  await writeFile(path, text, { mode: 0o600 })
  await give(path)
}

async function copyTree(from: string, to: string, under: string): Promise<void> {
  for (const entry of await readdir(join(from, under), { withFileTypes: true })) {
    const name = join(under, entry.name)
    if (LEFT_OUT.test(name)) continue
    const target = join(to, name)
    if (entry.isDirectory()) {
      await mkdir(target, { mode: 0o700 })
      await give(target)
      await copyTree(from, to, name)
    } else if (entry.isFile()) {
      await copyFile(join(from, name), target).then(
        () => give(target),
        (error: unknown) => goneMeanwhile(error, target),
      )
    }
  }
}

async function goneMeanwhile(error: unknown, target: string): Promise<void> {
  if ((error as { code?: unknown }).code !== 'ENOENT') throw error
  await rm(target, { force: true })
}

async function give(path: string): Promise<void> {
  const ids = serverIds()
  if (ids !== undefined) await chown(path, ids.uid, ids.gid)
}
