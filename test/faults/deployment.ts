import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent } from 'undici'
import { type Client, createClient } from '../../src/client/client.ts'
import { type AgentUri, parseAgentUri } from '../../src/domain/ids.ts'
import { SCOPE_TYPE, type ScopeRequest } from '../../src/domain/scope/types.ts'
import { createAgentRequest } from '../../src/pki/csr.ts'
import { identityIn } from './enforcement.ts'
import { startWrit, type WritProcess } from './writ-process.ts'

/** The resource all calls of these tests are for. */
export const RESOURCE = 'https://gateway.faults/count'

/** What a deployment is made of. */
export interface DeployTerms {
  /** Processes with the authority and a gateway; one when left out. */
  readonly authorities?: number
  /** Processes with a gateway alone. */
  readonly gateways: number
  /** Processes with a gateway that has neither store nor keys; none when left out. */
  readonly remotes?: number
  /** The data folder; a fresh one when left out. Not removed in the end. */
  readonly dataDir?: string
  /** A PostgreSQL database, made or brought to the newest schema first; else SQLite. */
  readonly databaseUrl?: string | undefined
  /** More environment for every process. */
  readonly env?: Readonly<Record<string, string>>
  /** More words for every command line. */
  readonly words?: readonly string[]
}

/** Real authorities, real gateways, and an upstream that counts what reaches it. */
export interface Deployment {
  readonly owner: Client
  /** Processes with an authority, each with a gateway of its own. */
  readonly authorities: readonly WritProcess[]
  /** All processes: authorities first, gateways without a store last. */
  readonly processes: readonly WritProcess[]
  /** Gateway URLs, in the order of `processes`. */
  readonly gateways: readonly string[]
  /** How often each path has reached the upstream. */
  readonly reached: ReadonlyMap<string, number>
  readonly scope: ScopeRequest
  /** Bearer token of the owner. */
  readonly bearer: string
  /** `connections`: how many calls the agent makes at once to one gateway. */
  enroll(name: string, connections: number): Promise<Member>
  /** SIGKILL for the first authority, then a new process on the same data and ports. */
  crash(): Promise<void>
  end(): Promise<void>
}

/** An agent with its own certificate: its client of the API, and its connections to gateways. */
export interface Member {
  readonly uri: AgentUri
  readonly api: Client
  /** Connections with its certificate, to any listener. */
  readonly calls: Agent
}

/** Starts it all on fresh folders. */
export async function deploy(terms: DeployTerms): Promise<Deployment> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-faults-'))
  const reached = new Map<string, number>()
  const upstream = await startUpstream(reached)
  const { port } = upstream.address() as AddressInfo
  const words = wordsFor(folder, port, terms)
  const { authorities: many = 1, databaseUrl } = terms
  const env = { ...terms.env, ...(databaseUrl && { WRIT_DATABASE_URL: databaseUrl }) }
  const migrate = databaseUrl === undefined ? [] : ['--migrate']
  const first = await startWrit({ command: 'serve', words: [...words, ...migrate], env })
  const commands = [...Array(many - 1).fill('serve'), ...Array(terms.gateways).fill('gateway')]
  const others = await Promise.all(commands.map((command) => startWrit({ command, words, env })))
  const processes = [first, ...others]
  const authorities = processes.slice(0, many)
  const { api = '', agents = '', owner_token_file: file = '' } = first.said
  const bearer = readFileSync(file, 'utf8').trim()
  const owner = createClient({ address: api, bearer })
  const scope = scopeAt(port)
  const at = { folder, owner, scope, authorities }
  for (let n = 0; n < (terms.remotes ?? 0); n += 1) processes.push(await startRemote(at, n))
  return {
    owner,
    authorities,
    processes,
    gateways: processes.map(({ said }) => said['gateway'] ?? ''),
    reached,
    scope,
    bearer,
    enroll: (name, connections) => enroll(owner, agents, { name, connections, contract: scope }),
    async crash() {
      await first.kill()
      await first.restart()
    },
    async end() {
      await Promise.all(processes.map((one) => one.kill()))
      await owner.close().catch(() => undefined)
      upstream.closeAllConnections()
      upstream.close()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** A gateway that redeems at the authorities, whichever answers. */
async function startRemote(
  at: {
    readonly folder: string
    readonly owner: Client
    readonly scope: ScopeRequest
    readonly authorities: readonly WritProcess[]
  },
  number: number,
): Promise<WritProcess> {
  const { folder, owner, scope, authorities } = at
  const own = join(folder, `remote-${number}`)
  const identity = await identityIn(own, { owner, name: `remote-${number}`, contract: scope })
  const addresses = authorities.map(({ said }) => said['agents'] ?? '').join(',')
  const places = ['--data-dir', join(own, 'data'), '--keys-dir', join(own, 'keys')]
  const quiet = ['--json', '--log-level', 'silent', '--routes', join(folder, 'routes.toml')]
  const words = [...quiet, '--authority', addresses, ...identity, ...places]
  return startWrit({ command: 'gateway', words })
}

function wordsFor(folder: string, port: number, terms: DeployTerms): readonly string[] {
  const routes = join(folder, 'routes.toml')
  const route = { name: 'count', upstream: `http://127.0.0.1:${port}`, resource: RESOURCE }
  const lines = Object.entries(route).map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
  writeFileSync(routes, `[[route]]\n${lines.join('\n')}\n`)
  const dataDir = terms.dataDir ?? join(folder, 'data')
  const places = ['--data-dir', dataDir, '--keys-dir', join(folder, 'keys')]
  const more = terms.words ?? []
  return ['--json', '--routes', routes, '--log-level', 'silent', ...places, ...more]
}

/** An upstream that counts what reaches it, by path. */
export async function startUpstream(reached: Map<string, number>): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    reached.set(path, (reached.get(path) ?? 0) + 1)
    response.end('counted')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** A contract for all of the upstream at this port. */
export function scopeAt(port: number): ScopeRequest {
  const where = { schemes: ['http'], hosts: ['127.0.0.1'], ports: [port], private_net: true }
  return {
    type: SCOPE_TYPE,
    grants: [{ type: 'http', ...where, methods: ['GET'], paths: ['/**'] }],
    audiences: [RESOURCE],
    limits: { ttl_seconds: 3_600, max_uses: 'unlimited', max_depth: 3, max_children: 100 },
    requires: { attestation_min: 'none', attestation_max_age_seconds: 'any' },
    delegation: { allowed: true, delegates: ['spiffe://writ.local/agent/**'] },
  }
}

/** Enrolls an agent. */
export async function enroll(
  owner: Client,
  agents: string,
  order: {
    readonly name: string
    readonly connections: number
    readonly contract: ScopeRequest
  },
): Promise<Member> {
  const { name, connections, contract } = order
  const uri = parseAgentUri(`spiffe://writ.local/agent/${name}`)
  if (uri === undefined) throw new Error(`${name} is no name`)
  const { csrPem: csr, privateKeyPem: privateKey } = await createAgentRequest(uri)
  const body = { name, csr, contract, evidence: { method: 'mtls' } }
  const answer = await owner.call<{ certificate: string; ca: string }>({
    method: 'POST',
    path: '/v1/agents',
    body,
  })
  if (!answer.ok) throw new Error(JSON.stringify(answer.problem))
  const { certificate, ca } = answer.value
  const connect = { ca, cert: certificate, key: privateKey, minVersion: 'TLSv1.3' as const }
  return {
    uri,
    api: createClient({ address: agents, certificate, privateKey, ca }),
    calls: new Agent({ connections, connect }),
  }
}
