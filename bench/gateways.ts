import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import type { Agent } from '../src/domain/agent.ts'
import type { AgentUri } from '../src/domain/ids.ts'
import type { Lease } from '../src/domain/lease.ts'
import type { Scope } from '../src/domain/scope/types.ts'
import { createAgentRequest } from '../src/pki/csr.ts'
import type { AgentCaller } from '../src/usecases/caller.ts'
import {
  benchScope,
  insertAgent,
  insertChain,
  openStage,
  RESOURCE,
  type Stage,
  uriOf,
} from './stage.ts'

/** A process that was let go has so long to end. */
const PATIENCE_MS = 5_000

/** Code is measured as it ships. */
const SHIPPED = new URL('./shipped.mjs', import.meta.url).href

/** How a process is started: below which command, with which flags of Node and environment. */
interface How {
  readonly command?: readonly string[]
  readonly flags?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

/** Processes that live as long as the bench that started them. */
export class Children {
  readonly #children: ChildProcess[] = []

  /** Starts a file of `processes`, hands it its setup and answers what it says first. */
  async start(name: string, setup?: object, how: How = {}) {
    const path = fileURLToPath(new URL(`./processes/${name}.ts`, import.meta.url))
    const [execPath = '', ...before] = [...(how.command ?? []), process.execPath]
    const execArgv = [...before, '--import', SHIPPED, ...(how.flags ?? [])]
    const env = how.env ?? process.env
    const child = fork(path, { execPath, execArgv, env })
    this.#children.push(child)
    if (setup !== undefined) child.send(setup)
    const gone = once(child, 'exit').then(() => {
      throw new Error(`${name} ended before it said anything`)
    })
    const [said] = await Promise.race([once(child, 'message'), gone])
    gone.catch(() => undefined)
    return { child, said: said as Record<string, unknown> }
  }

  /** Lets all of them go, so that each can remove what it left; whoever stays is killed. */
  async end(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const gone = once(child, 'exit')
        const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
        if (child.connected) child.disconnect()
        await gone
        clearTimeout(patience)
      }),
    )
  }
}

/** A stage with gateway processes over its store, an upstream, and one agent with a certificate. */
export interface Yard {
  readonly stage: Stage
  readonly children: Children
  readonly upstream: string
  readonly gateways: readonly string[]
  /** Their processes, in the same order. */
  readonly processes: readonly ChildProcess[]
  readonly caller: AgentCaller
  readonly scope: Scope
  readonly leaf: Lease
  /** Connections as the agent; to a gateway, or to anything else that trusts the stage. */
  connect(origin: string, connections: number): Pool
  end(): Promise<void>
}

/** Opens a yard with so many gateways, each in its own process. */
export async function openYard(gateways: number): Promise<Yard> {
  const children = new Children()
  const anywhere = '127.0.0.1:0'
  const stage = await openStage({
    'listeners.api': anywhere,
    'listeners.agents': anywhere,
    'listeners.gateway': anywhere,
  })
  const pools: Pool[] = []
  const end = async (): Promise<void> => {
    await Promise.all(pools.map((pool) => pool.destroy()))
    await children.end()
    await stage.end()
  }
  try {
    const { said } = await children.start('upstream')
    const upstream = `http://127.0.0.1:${said['port']}`
    const routes = join(stage.config.data_dir, 'routes.toml')
    const table = Object.entries({ name: 'api', upstream, resource: RESOURCE })
    const lines = table.map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
    writeFileSync(routes, `[[route]]\n${lines.join('\n')}\n`)
    const config = { ...stage.config, 'gateway.routes': routes }
    const started = await Promise.all(
      Array.from({ length: gateways }, () =>
        children.start('writ', { config, roles: ['gateway'] }),
      ),
    )
    const scope = benchScope({ host: '127.0.0.1', port: Number(new URL(upstream).port) })
    const worker = await enroll(stage, 'worker', scope)
    const { caller } = worker
    const leaf = await insertChain(stage, caller.uri, scope, 1)
    const connect = (origin: string, connections: number): Pool => {
      const tls = { ...worker.tls, ca: stage.world.ca.rootPem }
      const pool = new Pool(origin, { connections, connect: tls })
      pools.push(pool)
      return pool
    }
    const urls = started.map(({ said: { gateway } }) => String(gateway))
    const processes = started.map(({ child }) => child)
    return {
      stage,
      children,
      upstream,
      gateways: urls,
      processes,
      caller,
      scope,
      leaf,
      connect,
      end,
    }
  } catch (fault) {
    await end()
    throw fault
  }
}

/** One call with a token; answers the status. */
export async function call(pool: Pool, path: string, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  const answer = await pool.request({ method: 'GET', path, headers })
  await answer.body.dump()
  return answer.statusCode
}

/** An agent with a certificate of the stage's authority. */
export async function enroll(
  stage: Stage,
  name: string,
  scope: Scope,
  role: Agent['role'] = 'agent',
): Promise<{ caller: AgentCaller; tls: { cert: string; key: string } }> {
  const uri = uriOf(name, role) as AgentUri
  const { csrPem, privateKeyPem } = await createAgentRequest(uri)
  const now = stage.world.clock.now()
  const issued = await stage.world.ca.issueAgent({ csrPem, uri, now })
  if (!issued.ok) throw new Error(`refused: ${issued.refusal.code}`)
  const caller = await insertAgent(stage, name, scope, issued.value.thumbprint, role)
  return { caller, tls: { cert: issued.value.pem, key: privateKeyPem } }
}
