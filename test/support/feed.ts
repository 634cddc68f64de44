import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { Client } from 'undici'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { readEvents, type StreamEvent } from '../../src/gateway/feed/events.ts'
import {
  createFeedClient,
  type FeedClient,
  type FeedClientSetup,
} from '../../src/gateway/feed/feed-client.ts'
import type { Deployment, Peer } from './http.ts'
import type { Credential } from './pki.ts'

/** An open stream of the feed, event by event. */
export interface OpenFeed {
  readonly status: number
  readonly type: string
  /** The next event, or undefined at the end of the stream. */
  next(): Promise<StreamEvent | undefined>
  close(): Promise<void>
}

/** Opens the feed of a deployment over TLS, as a peer. */
export async function openFeed(
  site: Deployment,
  peer: Peer,
  query = '',
  headers: Record<string, string> = {},
): Promise<OpenFeed> {
  const client = new Client(`https://127.0.0.1:${site.agentsPort}`, {
    connect: { ca: site.rootPem, ...peer.credential },
  })
  const path = `/v1/revocations/feed${query}`
  const answer = await client.request({ method: 'GET', path, headers })
  const events = readEvents(answer.body, 2_000_000)
  return {
    status: answer.statusCode,
    type: String(answer.headers['content-type']),
    next: async () => (await events.next().catch(() => ({ value: undefined }))).value ?? undefined,
    close: () => client.destroy(),
  }
}

/** A client of the feed that says where it looks; `told` are the reasons connections ended. */
export interface TestFeedClient extends FeedClient {
  readonly told: string[]
}

/** Follows the feed of a deployment as one of its enforcement points. */
export function followerOf(
  site: Deployment,
  peer: Peer,
  change: Partial<FeedClientSetup> = {},
): TestFeedClient {
  const told: string[] = []
  const { cert, key } = peer.credential
  const client = createFeedClient({
    authorities: [`https://127.0.0.1:${site.agentsPort}`],
    credentials: () => ({ certificate: cert, privateKey: key, authorities: site.rootPem }),
    issuer: site.world.issuer,
    tenant: DEFAULT_TENANT,
    keys: site.world.keys,
    clock: site.world.clock,
    failed: (cause) => told.push(String(cause)),
    ...change,
  })
  return Object.defineProperties({ told }, Object.getOwnPropertyDescriptors(client)) as never
}

/** What a made authority answers to one request: frames, and whether the stream then ends. */
export type Script = (path: string) => {
  readonly frames: readonly string[]
  readonly ends: boolean
}

/** A listener with a certificate of the deployment that says what a test wants. */
export interface MadeAuthority {
  readonly origin: string
  /** Paths that were asked for. */
  readonly asked: string[]
  /** Sends a frame over every open stream. */
  say(frame: string): void
  /** Breaks every connection off. */
  cut(): void
  close(): Promise<void>
}

/** Serves made frames over TLS. */
export async function madeAuthority(
  site: Deployment,
  script: Script,
  shown?: Credential,
): Promise<MadeAuthority> {
  const now = site.world.clock.now()
  const issued = await site.world.ca.issueServer({ names: ['127.0.0.1'], now })
  const credential = shown ?? { cert: issued.certificatePem, key: issued.privateKeyPem }
  const asked: string[] = []
  const open = new Set<{ write(text: string): unknown }>()
  const sockets = new Set<TLSSocket>()
  const server: Server = createServer({ ...credential }, (request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const { frames, ends } = script(request.url ?? '')
    for (const frame of frames) response.write(`data: ${frame}\n\n`)
    if (ends) return response.end()
    open.add(response)
    return response.flushHeaders()
  })
  server.on('secureConnection', (socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
    open.clear()
  }
  return {
    origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    say: (frame) => {
      for (const response of open) response.write(`data: ${frame}\n\n`)
    },
    cut,
    close: async () => {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Waits until something holds; fails after some seconds. */
export async function until(holds: () => boolean, ms = 20_000): Promise<void> {
  for (const end = Date.now() + ms; !holds(); ) {
    if (Date.now() > end) throw new Error(`This did not come to hold: ${holds}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
