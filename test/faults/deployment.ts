import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Agent } from 'undici'
import { type Client, createClient } from '../../src/client/client.ts'
import { type AgentUri, parseAgentUri } from '../../src/domain/ids.ts'
import { SCOPE_TYPE, type ScopeRequest } from '../../src/domain/scope/types.ts'
import { createAgentRequest } from '../../src/pki/csr.ts'

/** The resource all calls of these tests are for. */
export const RESOURCE = 'https://gateway.faults/count'
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const READY_MS = 30_000

/** A real authority, real gateways, and an upstream that counts what reaches it. */
export interface Deployment {
  readonly owner: Client
  /** Gateway URLs; the first belongs to the authority's process. */
  readonly gateways: readonly string[]
  /** How often each path has reached the upstream. */
  readonly reached: ReadonlyMap<string, number>
  readonly scope: ScopeRequest
  /** `connections`: how many calls the agent makes at once. */
  enroll(name: string, connections: number): Promise<Member>
  /** SIGKILL for the authority's process, then a new one on the same data and ports. */
  crash(): Promise<void>
  end(): Promise<void>
}

/** An agent with its own certificate: its client of the API, and its connections to gateways. */
export interface Member {
  readonly uri: AgentUri
  readonly api: Client
  readonly calls: Agent
}

interface Started {
  readonly child: ChildProcess
  readonly said: Record<string, string>
}

/** Starts it all on a fresh folder; `gateways` counts the one inside the authority's process. */
export async function deploy(gateways: number): Promise<Deployment> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-faults-'))
  const reached = new Map<string, number>()
  const upstream = await startUpstream(reached)
  const { port } = upstream.address() as AddressInfo
  const routes = join(folder, 'routes.toml')
  const route = { name: 'count', upstream: `http://127.0.0.1:${port}`, resource: RESOURCE }
  const lines = Object.entries(route).map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
  writeFileSync(routes, `[[route]]\n${lines.join('\n')}\n`)
  const places = ['--data-dir', join(folder, 'data'), '--keys-dir', join(folder, 'keys')]
  const common = ['--json', '--routes', routes, '--log-level', 'silent', ...places]

  let authority = await start(['serve', ...common, ...anyPorts('api', 'agents', 'gateway')])
  const { api = '', agents = '', gateway = '', owner_token_file: file = '' } = authority.said
  const others: Started[] = []
  for (let more = 1; more < gateways; more += 1) {
    others.push(await start(['gateway', ...common, ...anyPorts('gateway')]))
  }
  const owner = createClient({ address: api, bearer: readFileSync(file, 'utf8').trim() })
  const scope = scopeAt(port)
  return {
    owner,
    gateways: [gateway, ...others.map(({ said }) => said['gateway'] ?? '')],
    reached,
    scope,
    enroll: (name, connections) => enroll(owner, agents, { name, connections, contract: scope }),
    async crash() {
      authority.child.kill('SIGKILL')
      await once(authority.child, 'exit')
      const same = { api, agents, gateway }
      const ports = Object.entries(same).flatMap(([name, url]) => [`--${name}`, new URL(url).host])
      authority = await start(['serve', ...common, ...ports])
    },
    async end() {
      for (const { child } of [authority, ...others]) child.kill('SIGKILL')
      await owner.close().catch(() => undefined)
      upstream.closeAllConnections()
      upstream.close()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

async function start(words: readonly string[]): Promise<Started> {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] },
  })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2_000)
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), READY_MS)
  const first = createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
  const { value, done } = await first
  clearTimeout(timer)
  if (done === true) throw new Error(`writ ${words[0]} did not start: ${complaint}`)
  return { child, said: JSON.parse(value) as Record<string, string> }
}

function anyPorts(...listeners: readonly string[]): string[] {
  return listeners.flatMap((name) => [`--${name}`, '127.0.0.1:0'])
}

async function startUpstream(reached: Map<string, number>): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    reached.set(path, (reached.get(path) ?? 0) + 1)
    response.end('counted')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function scopeAt(port: number): ScopeRequest {
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

async function enroll(
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
