import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Admit, Admitted, Presentation } from '../../src/admission/ports.ts'
import type { Jti, LeaseId, PrincipalId, RequestId } from '../../src/domain/ids.ts'
import type { RefusalCode } from '../../src/domain/refusal.ts'
import type { Result } from '../../src/domain/result.ts'
import type { Revocation, RevocationSubject } from '../../src/domain/revocation.ts'
import type { HttpGrant, Scope } from '../../src/domain/scope/types.ts'
import { type EpochSeconds, later } from '../../src/domain/time.ts'
import { createGateway, type Gateway, type GatewaySetup } from '../../src/gateway/gateway.ts'
import type { CallResult } from '../../src/gateway/reply.ts'
import { readRouteTable } from '../../src/gateway/route-table.ts'
import type { LogFacts } from '../../src/log.ts'
import { mutualTlsOptions } from '../../src/pki/listener.ts'
import { peerIdentity } from '../../src/pki/peer-identity.ts'
import { agentUri, type Credential, enrolled, STARTED, TRUST_DOMAIN, testAuthority } from './pki.ts'

/** A grant for everything under `origin`, private addresses included. */
export function grantFor(origin: string, changes: Partial<HttpGrant> = {}): HttpGrant {
  const { protocol, hostname, port } = new URL(origin)
  return {
    type: 'http',
    schemes: [protocol.slice(0, -1)],
    hosts: [hostname],
    ports: [Number(port || (protocol === 'https:' ? 443 : 80))],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    paths: ['/**', '/'],
    query: 'any',
    body: 'any',
    private_net: true,
    encoded_slash: false,
    ...changes,
  }
}

/** A scope of the given grants with nothing else restricted. */
export function scopeOf(...grants: readonly HttpGrant[]): Scope {
  return {
    type: 'urn:writ:scope:v1',
    grants,
    audiences: ['urn:test:resource'],
    limits: {
      ttl_seconds: 600,
      max_uses: 'unlimited',
      max_depth: 0,
      max_children: 0,
      budgets: [],
      rate: 'unlimited',
    },
    requires: {
      approval: false,
      attestation_min: 'none',
      attestation_max_age_seconds: 'any',
      dpop: false,
      bind_request: false,
      read_only: false,
    },
    delegation: { allowed: false, delegates: [] },
  }
}

/** The subject every admitted call of these tests depends on. */
export const LEASE_SUBJECT: RevocationSubject = 'lease:lease_AAAAAAAAAAAAAAAAAAAAAA'

/** What admission hands over for a presentation, when it does. */
export function admittedAs(
  presentation: Presentation,
  scope: Scope,
  leaseEndsAt: EpochSeconds,
): Admitted {
  const { uri: agent = agentUri('worker'), certificate } = presentation.peer
  const shown = certificate === undefined ? {} : { certificate }
  return {
    claims: {
      kind: 'call',
      issuer: 'https://authority.test',
      audience: 'urn:test:resource',
      subject: 'owner' as PrincipalId,
      agent,
      actors: [agent],
      issuedAt: STARTED,
      notBefore: STARTED,
      expiresAt: later(STARTED, 60),
      jti: 'AAAAAAAAAAAAAAAAAAAAAA' as Jti,
      confirmation: shown,
      scope,
      lease: {
        id: 'lease_AAAAAAAAAAAAAAAAAAAAAA' as LeaseId,
        lineage: ['lease_AAAAAAAAAAAAAAAAAAAAAA' as LeaseId],
      },
      depth: 0,
      maxDepth: 0,
      attestation: { tier: 'none', method: 'none', verifier: 'v', evidenceHash: 'h', at: STARTED },
    },
    peer: { uri: agent, ...shown },
    record: { chain: 'chain', sequence: 1 },
    leaseEndsAt,
    subjects: [LEASE_SUBJECT],
  }
}

/** A gateway on a real socket, with everything around it in the hands of the test. */
export interface TestGateway {
  readonly gateway: Gateway
  readonly port: number
  readonly rootPem: string
  readonly worker: Credential
  readonly presentations: Presentation[]
  readonly results: CallResult[]
  readonly lines: { readonly event: string; readonly facts: LogFacts }[]
  /** The moment at which requests are judged. */
  now: EpochSeconds
  leaseEndsAt: EpochSeconds
  /** Age of what is known of revocations, in seconds. */
  stale: number
  /** Stands for admission; by default it admits everything to `scope`. */
  admit: (presentation: Presentation) => Promise<Result<Admitted>>
  scope: Scope
  revoke(subject: RevocationSubject, effect?: Revocation['effect']): void
}

/** Starts one with routes `up` to `upstream` (and whatever else `routes` says). */
export async function startGateway(
  upstream: string,
  changes: Partial<GatewaySetup> & { readonly routesToml?: string } = {},
): Promise<TestGateway> {
  const ca = await testAuthority()
  const toml = changes.routesToml ?? routeToml('up', upstream)
  const table = readRouteTable({ name: 'routes.toml', text: toml })
  if (!table.ok) throw new Error(table.problem)
  const listeners = new Set<(revocations: readonly Revocation[]) => void>()
  const server = await ca.issueServer({ names: ['localhost', '127.0.0.1'], now: STARTED })
  const presentations: Presentation[] = []
  const results: CallResult[] = []
  const lines: { event: string; facts: LogFacts }[] = []
  const write = (event: string, facts: LogFacts = {}) => lines.push({ event, facts })
  const state = {
    now: STARTED,
    leaseEndsAt: later(STARTED, 600),
    stale: 0,
    scope: scopeOf(grantFor(upstream)),
  }
  const admit: Admit = async (presentation) => {
    presentations.push(presentation)
    return test.admit(presentation)
  }
  const gateway = createGateway({
    routes: table.routes,
    names: ['gateway.test', 'localhost', '[::1]', 'pinned.test:443'],
    issuer: 'https://authority.test',
    tls: mutualTlsOptions({ ...server, clientAuthorities: [ca.rootPem] }),
    identify: (socket) => peerIdentity(socket, { trustDomain: TRUST_DOMAIN, now: state.now }),
    admitFor: () => admit,
    receiptOf: async ({ record }) => `receipt-${record.sequence}`,
    staleness: () => state.stale,
    clock: { now: () => state.now },
    ids: { request: () => 'req_AAAAAAAAAAAAAAAAAAAAAA' as RequestId },
    onRevocation: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    log: {
      debug: write,
      info: write,
      warn: write,
      fault: (event, error, facts) => write(event, { ...facts, error: String(error) }),
    },
    observe: (_route, result) => results.push(result),
    ...changes,
  })
  const port = await gateway.listen({ host: '127.0.0.1', port: 0 })
  const worker = await enrolled(ca, agentUri('worker'))
  const test: TestGateway = Object.assign(state, {
    gateway,
    port,
    rootPem: ca.rootPem,
    worker,
    presentations,
    results,
    lines,
    admit: async (presentation: Presentation): Promise<Result<Admitted>> => ({
      ok: true,
      value: admittedAs(presentation, test.scope, test.leaseEndsAt),
    }),
    revoke: (subject: RevocationSubject, effect: Revocation['effect'] = 'revoked') => {
      for (const listener of listeners) {
        listener([{ subject, effect, reason: 'test', at: test.now }])
      }
    },
  })
  return test
}

/** One route as TOML. */
export function routeToml(name: string, upstream: string, more = ''): string {
  return `[[route]]\nname = "${name}"\nupstream = "${upstream}"\nresource = "urn:test:${name}"\n${more}\n`
}

/** A refusal code as an admission outcome. */
export function refusing(code: RefusalCode): () => Promise<Result<Admitted>> {
  return async () => ({ ok: false, refusal: { code, facts: {}, reasons: [] } })
}

/** A plain HTTP upstream in this process. */
export async function startUpstream(
  listener: RequestListener,
): Promise<{ readonly server: Server; readonly origin: string; close(): void }> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { server, origin: `http://127.0.0.1:${port}`, close }
}
