import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient } from '../../../src/client/client.ts'
import type { ScopeRequest } from '../../../src/domain/scope/types.ts'
import { enroll, type Member, RESOURCE, scopeAt } from '../../faults/deployment.ts'
import { identityIn } from '../../faults/enforcement.ts'
import { startWrit, type WritProcess } from '../../faults/writ-process.ts'

/** Authority processes on one store, and gateways that have none. */
export interface RemoteSite {
  readonly owner: Client
  readonly authorities: readonly WritProcess[]
  readonly gateways: readonly WritProcess[]
  /** URLs of the gateways. */
  readonly urls: readonly string[]
  /** How often each path has reached the upstream. */
  readonly reached: ReadonlyMap<string, number>
  /** The headers of the last request of each path at the upstream. */
  readonly headers: ReadonlyMap<string, IncomingHttpHeaders>
  readonly scope: ScopeRequest
  readonly folder: string
  enroll(name: string, connections: number): Promise<Member>
  /** Every file a gateway has written, below its own folder. */
  filesOf(gateway: number): readonly string[]
  end(): Promise<void>
}

/** What a site is made of. */
export interface SiteTerms {
  readonly authorities?: number
  readonly gateways: number
  /** What a call costs, as a line of the route. */
  readonly cost?: string
  /** More words for the gateways. */
  readonly words?: readonly string[]
  /** More words for the authorities. */
  readonly authorityWords?: readonly string[]
  /** How much they log; nothing when left out. */
  readonly logLevel?: 'info'
  /** More environment for each of them. */
  readonly env?: Readonly<Record<string, string>>
}

/** Starts it all in a fresh folder. */
export async function openSite(terms: SiteTerms): Promise<RemoteSite> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-remote-'))
  const reached = new Map<string, number>()
  const headers = new Map<string, IncomingHttpHeaders>()
  const upstream = await startUpstream(reached, headers)
  const { port } = upstream.address() as AddressInfo
  const quiet = ['--json', '--log-level', terms.logLevel ?? 'silent']
  const data = ['--data-dir', join(folder, 'data'), '--keys-dir', join(folder, 'keys')]
  const authorities: WritProcess[] = []
  for (let n = 0; n < (terms.authorities ?? 1); n += 1) {
    const words = [...quiet, ...data, ...(terms.authorityWords ?? [])]
    authorities.push(await startWrit({ command: 'authority', words, env: terms.env }))
  }
  const { api = '', owner_token_file: file = '', agents = '' } = authorities[0]?.said ?? {}
  const owner = createClient({ address: api, bearer: readFileSync(file, 'utf8').trim() })
  const scope = scopeAt(port)
  const routes = join(folder, 'routes.toml')
  const route = `upstream = "http://127.0.0.1:${port}"\nresource = "${RESOURCE}"`
  writeFileSync(routes, `[[route]]\nname = "count"\n${route}\n${terms.cost ?? ''}\n`)
  const gateways: WritProcess[] = []
  const addresses = authorities.map(({ said }) => said['agents'] ?? '').join(',')
  for (let n = 0; n < terms.gateways; n += 1) {
    const own = join(folder, `gateway-${n}`)
    const words = await identityIn(own, { owner, name: `gate-${n}`, contract: scope })
    const places = ['--data-dir', join(own, 'data'), '--keys-dir', join(own, 'keys')]
    const all = [...quiet, '--authority', addresses, '--routes', routes, ...words, ...places]
    const more = [...all, ...(terms.words ?? [])]
    gateways.push(await startWrit({ command: 'gateway', words: more, env: terms.env }))
  }
  return {
    owner,
    authorities,
    gateways,
    urls: gateways.map(({ said }) => said['gateway'] ?? ''),
    reached,
    headers,
    scope,
    folder,
    enroll: (name, connections) => enroll(owner, agents, { name, connections, contract: scope }),
    filesOf: (gateway) =>
      readdirSync(join(folder, `gateway-${gateway}`), { recursive: true, encoding: 'utf8' }),
    async end() {
      await Promise.all([...gateways, ...authorities].map((one) => one.kill()))
      await owner.close().catch(() => undefined)
      upstream.closeAllConnections()
      upstream.close()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Counts what reaches it by path; `/stream…` never comes to an end, `/silent…` never answers. */
async function startUpstream(
  reached: Map<string, number>,
  headers: Map<string, IncomingHttpHeaders>,
): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    reached.set(path, (reached.get(path) ?? 0) + 1)
    headers.set(path, request.headers)
    if (path.startsWith('/silent')) return
    if (!path.startsWith('/stream')) return void response.end('counted')
    const timer = setInterval(() => response.write('tick\n'), 20)
    response.once('close', () => clearInterval(timer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
