import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient } from '../../../src/client/client.ts'
import { CLOCK_SKEW_SECONDS, LEDGER_GAP_SECONDS } from '../../../src/domain/limits.ts'
import type { ScopeRequest } from '../../../src/domain/scope/types.ts'
import { epochSeconds } from '../../../src/domain/time.ts'
import { openLedger } from '../../../src/store/ledger/open.ts'
import { enroll, type Member, RESOURCE, scopeAt } from '../../faults/deployment.ts'
import { identityIn } from '../../faults/enforcement.ts'
import { startWrit, type WritProcess } from '../../faults/writ-process.ts'

/** The issuer of a process that is told of none. */
const ISSUER = 'http://127.0.0.1:9441'
/** What the route of the site accepts. */
export const MAX_STALE_SECONDS = 4

/** An authority, and a gateway that decides by itself, each a process. */
export interface DetachedSite {
  readonly owner: Client
  readonly authority: WritProcess
  readonly gateway: WritProcess
  readonly url: string
  /** Every word the gateway was started with. */
  readonly words: readonly string[]
  readonly folder: string
  /** How often each path has reached the upstream. */
  readonly reached: ReadonlyMap<string, number>
  readonly scope: ScopeRequest
  enroll(name: string, connections: number): Promise<Member>
  end(): Promise<void>
}

/** Starts it all in a fresh folder; paths that begin with `/stream` never end at the upstream. */
export async function openSite(): Promise<DetachedSite> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-detached-'))
  const reached = new Map<string, number>()
  const upstream = await startUpstream(reached)
  const { port } = upstream.address() as AddressInfo
  const quiet = ['--json', '--log-level', 'silent']
  const data = ['--data-dir', join(folder, 'data'), '--keys-dir', join(folder, 'keys')]
  const authority = await startWrit({ command: 'authority', words: [...quiet, ...data] })
  const { api = '', agents = '', owner_token_file: file = '' } = authority.said
  const owner = createClient({ address: api, bearer: readFileSync(file, 'utf8').trim() })
  const scope = scopeAt(port)
  const routes = join(folder, 'routes.toml')
  const route = `upstream = "http://127.0.0.1:${port}"\nresource = "${RESOURCE}"`
  const mode = `mode = "detached"\nmax_stale_seconds = ${MAX_STALE_SECONDS}`
  writeFileSync(routes, `[[route]]\nname = "count"\n${route}\n${mode}\n`)
  const identity = await identityIn(join(folder, 'gateway'), {
    owner,
    name: 'edge',
    contract: scope,
  })
  const ledgers = join(folder, 'ledgers')
  const words = [...quiet, '--authority', agents, '--routes', routes, ...identity]
  await seasonLedger(ledgers)
  const all = [...words, '--gateway-ledger-dir', ledgers]
  const gateway = await startWrit({ command: 'gateway', words: all })
  return {
    owner,
    authority,
    gateway,
    url: gateway.said['gateway'] ?? '',
    words,
    folder,
    reached,
    scope,
    enroll: (name, connections) => enroll(owner, agents, { name, connections, contract: scope }),
    async end() {
      await Promise.all([gateway, authority].map((one) => one.kill()))
      await owner.close().catch(() => undefined)
      upstream.closeAllConnections()
      upstream.close()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** A ledger that was born half a minute ago and in use since, so that nobody has to wait. */
async function seasonLedger(folder: string): Promise<void> {
  const now = Math.floor(Date.now() / 1_000)
  const clock = { at: epochSeconds(now - CLOCK_SKEW_SECONDS - 5), now: () => clock.at }
  const ledger = await openLedger({ folder, issuer: ISSUER, audience: RESOURCE, clock })
  // A little ahead, so that the gateway may take its time to start.
  while (clock.at < now + LEDGER_GAP_SECONDS) {
    clock.at = epochSeconds(clock.at + LEDGER_GAP_SECONDS)
    await ledger.sweep()
  }
  await ledger.close()
}

async function startUpstream(reached: Map<string, number>): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    reached.set(path, (reached.get(path) ?? 0) + 1)
    if (path.startsWith('/stream')) response.write('first')
    else response.end('counted')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
