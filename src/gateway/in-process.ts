import { once } from 'node:events'
import {
  type ClientRequest,
  type IncomingMessage,
  request as plainRequest,
  type Server,
} from 'node:http'
import { type Duplex, duplexPair } from 'node:stream'
import type { RequestId } from '../domain/ids.ts'
import { ACTION_ANSWER_BYTES_MAX, ACTION_TIMEOUT_MS } from '../domain/limits.ts'
import type { GatewayPeer } from './run-call.ts'

/** A call that begins in this process, on behalf of a peer that was identified elsewhere. */
export interface InProcessCall {
  readonly peer: GatewayPeer
  readonly address: string | undefined
  /** A name of the gateway. */
  readonly host: string
  readonly token: string
  readonly method: string
  readonly requestId: RequestId
  /** `/route/path?query`. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
}

/** A whole answer, or why there is none. */
export type Collected =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly headers: Readonly<Record<string, string | readonly string[]>>
      readonly body: Buffer
    }
  | { readonly kind: 'broken' | 'late' | 'too_long' }

/** Calls without a network, over the same parser and the same way as those with one. */
export interface InProcess {
  /** Who is at the other end of a connection of ours. */
  peerAt(socket: Duplex): GatewayPeer | undefined
  /** Makes a call and collects its answer, within ACTION_TIMEOUT_MS and ACTION_ANSWER_BYTES_MAX. */
  send(call: InProcessCall): Promise<Collected>
}

/** Opens it on a server that need not listen anywhere. Each call has a connection of its own. */
export function createInProcess(
  server: Server,
  { timeoutMs = ACTION_TIMEOUT_MS }: { readonly timeoutMs?: number | undefined } = {},
): InProcess {
  const peers = new WeakMap<Duplex, GatewayPeer>()
  return {
    peerAt: (socket) => peers.get(socket),
    async send({ peer, address, host, token, method, requestId, target, headers, body }) {
      const [ours, theirs] = duplexPair()
      peers.set(theirs, peer)
      // Of a pair neither end hears that the other was destroyed, as when an answer is broken off.
      theirs.once('close', () => ours.destroy())
      server.emit('connection', Object.assign(theirs, { remoteAddress: address }))
      const sent = plainRequest({
        createConnection: () => ours as never,
        method,
        path: target,
        headers: {
          ...headers,
          host,
          authorization: `Bearer ${token}`,
          'x-request-id': requestId,
          ...(body === undefined ? {} : { 'content-length': body.length }),
        },
      })
      sent.on('error', () => undefined)
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<Collected>((resolve) => {
        timer = setTimeout(() => resolve({ kind: 'late' }), timeoutMs)
      })
      try {
        sent.end(body)
        return await Promise.race([answerOf(sent), late])
      } finally {
        clearTimeout(timer)
        sent.destroy()
        theirs.destroy()
      }
    },
  }
}

/** The answer; `broken` also where the connection ends without one, or becomes another protocol. */
async function answerOf(sent: ClientRequest): Promise<Collected> {
  const other = ['close', 'connect', 'upgrade'].map(async (event): Promise<never> => {
    await once(sent, event)
    throw new Error(`${event} instead of an answer`)
  })
  try {
    const [response] = await Promise.race([once(sent, 'response'), ...other])
    return await collect(response as IncomingMessage)
  } catch {
    return { kind: 'broken' }
  }
}

async function collect(response: IncomingMessage): Promise<Collected> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    bytes += chunk.length
    if (bytes > ACTION_ANSWER_BYTES_MAX) return { kind: 'too_long' }
    chunks.push(chunk)
  }
  if (!response.complete) return { kind: 'broken' }
  const headers: Record<string, string | readonly string[]> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined && !FRAMING.has(name)) headers[name] = value
  }
  const { statusCode: status = 0 } = response
  return { kind: 'answered', status, headers, body: Buffer.concat(chunks, bytes) }
}

/** How the answer came over a connection that nobody else sees. */
const FRAMING: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding'])
