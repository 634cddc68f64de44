import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Client, createClient } from '../../src/client/client.ts'
import type { AgentView, CertificateView } from '../../src/client/views/agents.ts'
import type { LeaseView } from '../../src/client/views/leases.ts'
import type { DelegationView } from '../../src/client/views/tokens.ts'
import type { AgentUri } from '../../src/domain/ids.ts'
import type { ScopeRequest } from '../../src/domain/scope/types.ts'
import { createAgentRequest } from '../../src/pki/csr.ts'
import { type CliServer, startCliServer } from './cli-server.ts'

/** An agent of the site: who it is and its connection. */
export interface SiteAgent {
  readonly uri: string
  readonly client: Client
  /** Of its certificate. */
  readonly thumbprint: string
}

/** A real `writ serve` process with agents that hold leases, for a browser to look at. */
export interface ConsoleSite {
  readonly server: CliServer
  readonly url: string
  readonly token: string
  readonly owner: Client
  enroll(name: string, terms?: object, role?: 'agent' | 'enforcement'): Promise<SiteAgent>
  open(agent: SiteAgent, scope?: ScopeRequest): Promise<LeaseView>
  pass(from: SiteAgent, lease: LeaseView, to: SiteAgent, scope: ScopeRequest): Promise<LeaseView>
  close(): Promise<void>
}

/** Where the agents' calls would go. */
export const SITE_AUDIENCE = 'https://gateway.example/github'

/** A contract wide enough for a tree of three levels. */
export const SITE_CONTRACT: ScopeRequest = {
  type: 'urn:writ:scope:v1',
  grants: [
    {
      type: 'http',
      hosts: ['api.github.com'],
      methods: ['GET', 'POST', 'PATCH'],
      paths: ['/repos/acme/**'],
    },
  ],
  audiences: [SITE_AUDIENCE],
  limits: {
    ttl_seconds: 3600,
    max_uses: 'unlimited',
    max_depth: 5,
    max_children: 200,
    budgets: [{ unit: 'USD', decimals: 2, amount: 5000 }],
  },
  delegation: { allowed: true, delegates: ['spiffe://writ.local/agent/**'] },
}

/** A scope below the contract: these methods at these paths, and these limits. */
export function siteScope(
  methods: readonly string[],
  paths: readonly string[],
  limits: object = {},
): ScopeRequest {
  const grants = [{ type: 'http' as const, hosts: ['api.github.com'], methods, paths }]
  return { type: 'urn:writ:scope:v1', grants, limits }
}

/** Starts it; nobody but the first owner is there yet. */
export async function startConsoleSite(moreWords: readonly string[] = []): Promise<ConsoleSite> {
  const server = await startCliServer('', moreWords)
  const url = server.env['WRIT_ADDR'] ?? ''
  const agentsUrl = server.env['WRIT_AGENTS_ADDR'] ?? ''
  const token = (await readFile(join(server.folder, 'keys', 'owner.token'), 'utf8')).trim()
  const owner = createClient({ address: url, bearer: token })
  const clients = [owner]
  return {
    server,
    url,
    token,
    owner,
    async enroll(name, terms = {}, role = 'agent') {
      const kind = role === 'agent' ? 'agent' : 'gateway'
      const uri = `spiffe://writ.local/${kind}/${name}` as AgentUri
      const { csrPem: csr, privateKeyPem: privateKey } = await createAgentRequest(uri)
      const body = { name, role, csr, contract: SITE_CONTRACT, terms }
      const made = await post<AgentView & CertificateView>(owner, '/v1/agents', body)
      const { certificate, ca } = made
      const client = createClient({ address: agentsUrl, ca, certificate, privateKey })
      clients.push(client)
      return { uri: made.uri, client, thumbprint: made.certificate_thumbprint }
    },
    open: (agent, scope = siteScope(['GET', 'POST'], ['/repos/acme/**'])) =>
      post<LeaseView>(agent.client, '/v1/leases', {
        scope,
        ttl_seconds: scope.limits?.ttl_seconds ?? 1800,
        reason: 'Triage the issues',
      }),
    async pass(from, lease, to, scope) {
      const order = { lease_id: lease.id, delegate: to.uri, scope }
      const { token: text } = await post<DelegationView>(from.client, '/v1/delegations', order)
      return post<LeaseView>(to.client, '/v1/delegations/redeem', { token: text })
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()))
      await server.close()
    },
  }
}

/** The value of an answer that has to be a yes. */
export async function post<T>(client: Client, path: string, body: unknown): Promise<T> {
  const answer = await client.call<T>({ method: 'POST', path, body })
  if (answer.ok) return answer.value
  throw new Error(`${path} was refused: ${JSON.stringify(answer.problem)}`)
}
