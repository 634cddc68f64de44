import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Placement } from '../../src/domain/credential.ts'
import type { Facts } from '../../src/domain/refusal.ts'
import type { GatewaySetup } from '../../src/gateway/gateway.ts'
import type { OpenCredential, Opened } from '../../src/gateway/injection/choice.ts'
import { Secret } from '../../src/vault/envelope.ts'
import {
  admittedAs,
  grantFor,
  routeToml,
  scopeOf,
  startGateway,
  type TestGateway,
} from './gateway.ts'
import { STARTED, testAuthority } from './pki.ts'

/** The secret of these tests: with characters that each encoding spells in its own way. */
export const KEY = 'sk_live_4eC39HqLyjWD+/rjt"T1&zdp7 dc'

/** A request as an upstream got it. */
export interface Got {
  readonly request: IncomingMessage
  readonly body: string
}

/** An upstream over TLS with a name of its own. */
export interface TlsUpstream {
  readonly origin: string
  readonly rootPem: string
  readonly got: Got[]
  /** How it answers. */
  handle: (got: Got, response: ServerResponse) => void
  close(): void
}

/** Starts one that answers `hello`. */
export async function startTlsUpstream(): Promise<TlsUpstream> {
  const ca = await testAuthority()
  const made = await ca.issueServer({ names: ['upstream.test'], now: STARTED })
  const got: Got[] = []
  const server = createServer({ cert: made.certificatePem, key: made.privateKeyPem })
  server.on('request', (request, response) => {
    const chunks: Buffer[] = []
    request.on('error', () => undefined)
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const one = { request, body: Buffer.concat(chunks).toString() }
      got.push(one)
      upstream.handle(one, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const upstream: TlsUpstream = {
    origin: `https://upstream.test:${(server.address() as AddressInfo).port}`,
    rootPem: ca.rootPem,
    got,
    handle: (_got, response) => response.end('hello'),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
  return upstream
}

/** A gateway whose route `up` has a credential, in the hands of the test. */
export interface InjectingGateway extends TestGateway {
  /** What the next calls are given; undefined fields are what a vault answers. */
  placement: Placement
  secret: string
  version: number
  /** Stands for choosing and opening; by default it opens `secret`. */
  openCredential: OpenCredential
  /** Every secret that was opened. */
  readonly opened: Secret[]
  /** What went into the records of admitted calls. */
  readonly chosen: Facts[]
  /** How many tokens were spent. */
  spent: number
}

/** Starts one in front of an upstream. */
export async function startInjecting(
  upstream: Pick<TlsUpstream, 'origin' | 'rootPem'>,
  changes: Partial<GatewaySetup> & { readonly more?: string } = {},
): Promise<InjectingGateway> {
  const { more = '', ...rest } = changes
  const opened: Secret[] = []
  const chosen: Facts[] = []
  const open = async (): Promise<{ ok: true; value: Opened }> => {
    const { placement, version } = gateway
    const value = Secret.of(gateway.secret)
    opened.push(value)
    const credential = { placement }
    return { ok: true, value: { credential, version, fields: { value }, drop: () => value.drop() } }
  }
  const started = await startGateway(upstream.origin, {
    routesToml: routeToml('up', upstream.origin, `credential = "github"\n${more}`),
    openCredential: (wanted, claims) => gateway.openCredential(wanted, claims),
    upstream: { resolve: async () => ['127.0.0.1'], authorities: [upstream.rootPem] },
    ...rest,
  })
  const gateway: InjectingGateway = Object.assign(started, {
    placement: { in: 'bearer' } as Placement,
    secret: KEY,
    version: 1,
    openCredential: open as OpenCredential,
    opened,
    chosen,
    spent: 0,
  })
  gateway.scope = scopeOf(grantFor(upstream.origin))
  gateway.admit = async (presentation) => {
    const admitted = admittedAs(presentation, gateway.scope, gateway.leaseEndsAt)
    const facts = await presentation.choose?.(admitted.claims)
    if (facts?.ok === false) return facts
    if (facts !== undefined) chosen.push(facts.value)
    gateway.spent += 1
    return { ok: true, value: admitted }
  }
  return gateway
}
