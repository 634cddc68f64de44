import { readdirSync, statSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { reasonOf } from '../../client/client.ts'
import type { ListenAddress } from '../../settings/config.ts'
import { nextStep } from '../next-step.ts'
import { CommandFailure, EXIT } from '../outcome.ts'
import { agentCertificate, rootCertificate, serverCertificates } from './certificates.ts'
import { database } from './database.ts'
import { consoleFiles, disk, policies, proxies, unit } from './installation.ts'
import {
  type Check,
  type CheckOutcome,
  failed,
  ok,
  type Surroundings,
  skipped,
  warning,
} from './outcome.ts'
import { reach } from './reach.ts'

/** All checks, from the machine outward. */
export const CHECKS: readonly Check[] = [
  node,
  folders,
  ({ config }) => disk({ config }),
  proxies,
  unit,
  routes,
  policies,
  consoleFiles,
  listeners,
  agentCertificate,
  serverCertificates,
  rootCertificate,
  database,
  server,
  clock,
  trail,
]

const CONNECT_MS = 1_000
/** Nobody is there, or nobody answers in time; anything else is a server we do not get on with. */
const AWAY: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'ABORT_ERR', 'ETIMEDOUT'])
const CLOCK_SECONDS_MAX = 5
const SHARED_BITS = 0o077

async function node(): Promise<readonly CheckOutcome[]> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const runs = (major === 20 && minor >= 19) || (major === 22 && minor >= 14) || major > 22
  const detail = `Node ${process.versions.node}`
  if (!runs) return [failed('node', `${detail}: 20.19, 22.14 or later is needed.`)]
  return [major === 20 ? warning('node', `${detail} is out of support`) : ok('node', detail)]
}

async function folders({ config }: Surroundings): Promise<readonly CheckOutcome[]> {
  return [
    folder('data folder', config.data_dir),
    folder('keys folder', config.keys_dir),
    ...openFiles(config.keys_dir),
  ]
}

function folder(name: string, path: string): CheckOutcome {
  const status = statSync(path, { throwIfNoEntry: false })
  if (status === undefined) return skipped(name, `${path} is not there yet.`)
  if (!status.isDirectory()) return failed(name, `${path} is not a folder.`)
  if ((status.mode & SHARED_BITS) !== 0)
    return failed(name, `${path} is open to others.`, `chmod 700 ${path}`)
  return ok(name, `${path} is closed to others`)
}

/** The routes as a process would read them, and the folder of the ledgers they need. */
async function routes({ config }: Surroundings): Promise<readonly CheckOutcome[]> {
  const name = 'routes'
  const file = config['gateway.routes']
  if (file === '') return [skipped(name, 'No file of routes is set.')]
  const { routesProblem } = await import('../../compose/detached.ts')
  const { readRoutes } = await import('../../compose/process.ts')
  try {
    const problem = routesProblem(config)
    const bare = readRoutes(file).size === 0
    const ledgers = config['gateway.ledger_dir']
    const kept = ledgers === '' ? [] : [folder('ledger folder', ledgers)]
    if (problem !== undefined) return [failed(name, problem), ...kept]
    if (bare) return [warning(name, `${file} has no routes.`, `Write one into ${file}`), ...kept]
    return [ok(name, `${file} can be served`), ...kept]
  } catch (cause) {
    return [failed(name, cause instanceof Error ? cause.message : String(cause))]
  }
}

function openFiles(path: string): readonly CheckOutcome[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return []
  const open = readdirSync(path)
    .filter((name) => name !== 'README.md' && !name.startsWith('.git'))
    .map((name) => join(path, name))
    .filter((file) => (statSync(file).mode & SHARED_BITS) !== 0)
  if (open.length === 0) return [ok('key files', 'closed to others')]
  return open.map((file) => failed('key files', `${file} is open to others.`, `chmod 600 ${file}`))
}

async function listeners({ config, settings }: Surroundings): Promise<readonly CheckOutcome[]> {
  const ours = (await reach(settings, '/healthz')).status !== undefined
  const named = ['listeners.api', 'listeners.agents', 'listeners.gateway'] as const
  return Promise.all(
    named.map(async (name) => {
      const { host, port } = config[name]
      const taken = await connects(config[name])
      if (taken && !ours) {
        const remedy = `ss -ltnp 'sport = :${port}' tells who has it`
        return warning(name, `${host}:${port} is open, and no Writ answers here.`, remedy)
      }
      return ok(name, `${host}:${port} ${taken ? 'is open' : 'is free'}`)
    }),
  )
}

function connects({ host, port }: ListenAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: CONNECT_MS })
    const answer = (open: boolean) => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', () => answer(true))
    socket.once('error', () => answer(false))
    socket.once('timeout', () => answer(false))
  })
}

async function server({ settings }: Surroundings): Promise<readonly CheckOutcome[]> {
  const checks = ['/healthz', '/readyz'].map(async (path) => {
    const answer = await reach(settings, path)
    const name = `server ${path}`
    if (answer.status === undefined) {
      const away = `No answer from ${settings.apiAddress}: ${reasonOf(answer.problem)}`
      const step = nextStep(new Error(away, { cause: answer.problem }))
      const isTls = !AWAY.has(answer.problem.code ?? '')
      return isTls && step !== undefined
        ? failed(name, away, step)
        : warning(name, `No answer from ${settings.apiAddress}.`, 'writ serve, or --addr URL')
    }
    const detail = `${settings.apiAddress} answers ${answer.status}`
    return answer.status < 400 ? ok(name, detail) : failed(name, detail)
  })
  return Promise.all(checks)
}

async function clock({ settings }: Surroundings): Promise<readonly CheckOutcome[]> {
  const answer = await reach(settings, '/healthz')
  const date = answer.status === undefined ? undefined : answer.date
  if (date === undefined) return [skipped('clock', 'No server to compare with.')]
  const apart = Math.round(Math.abs(Date.now() - new Date(date).getTime()) / 1_000)
  const detail = `${apart} s apart from the server`
  return [
    apart <= CLOCK_SECONDS_MAX
      ? ok('clock', detail)
      : failed('clock', detail, 'timedatectl set-ntp true'),
  ]
}

/** The server verifies its own chains; an owner or operator may ask it to. */
async function trail({ settings }: Surroundings): Promise<readonly CheckOutcome[]> {
  const name = 'audit trail'
  const { verifyOnServer } = await import('../audit/verify.ts')
  try {
    const { ok: intact, sentence: detail } = await verifyOnServer(settings.bearer())
    return [intact ? ok(name, detail) : failed(name, detail)]
  } catch (cause) {
    if (cause instanceof CommandFailure && cause.exit === EXIT.denied) {
      return [failed('token', 'The token is refused.', 'WRIT_TOKEN_FILE=keys/owner.token')]
    }
    return [skipped(name, cause instanceof Error ? cause.message : String(cause))]
  }
}
