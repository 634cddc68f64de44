import type { IncomingMessage } from 'node:http'
import { Agent, request as send } from 'node:https'
import type { Socket } from 'node:net'
import type { RemoteAnswer } from '../admission/remote.ts'
import type { RequestId } from '../domain/ids.ts'
import {
  AUTHORITY_ANSWER_BYTES_MAX,
  AUTHORITY_CONNECT_TIMEOUT_MS,
  REDEEM_REQUESTS_MAX,
} from '../domain/limits.ts'
import { checkAuthorityIdentity } from '../pki/authority-identity.ts'
import type { PointIdentity } from './settings.ts'

/** One request to the authority; `body` is JSON text. */
export interface LinkRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
  /** Goes along as `X-Request-Id`. */
  readonly requestId?: RequestId | undefined
  readonly signal: AbortSignal
}

/** Connections from a service on Node to its authority, over mutual TLS. */
export interface NodeLink {
  /**
   * Sends once. Only when no connection was made, so that nothing can have arrived, is the next
   * address tried; anything else rejects, and the outcome is not known.
   */
  ask(request: LinkRequest): Promise<RemoteAnswer>
  /** Shows another certificate on new connections. */
  replaceIdentity(identity: PointIdentity): void
  close(): void
}

/** Less than servers keep an idle connection, so that none is used as it is being closed. */
const IDLE_MS = 2_000

/** Opens nothing yet. `addresses` are origins of agents listeners of one authority. */
export function createNodeLink(addresses: readonly string[], identity: PointIdentity): NodeLink {
  let agent = agentOf(identity)
  let first = 0
  return {
    async ask(request) {
      let failure: unknown
      for (let step = 0; step < addresses.length; step += 1) {
        const at = (first + step) % addresses.length
        const sent = { made: false }
        try {
          const answer = await ask(agent, addresses[at] ?? '', request, sent)
          first = at
          return answer
        } catch (cause) {
          failure = cause
          if (sent.made || request.signal.aborted) break
        }
      }
      throw failure
    },
    replaceIdentity(next) {
      const old = agent
      agent = agentOf(next)
      setTimeout(() => old.destroy(), IDLE_MS).unref()
    },
    close: () => agent.destroy(),
  }
}

function agentOf({ cert, key, ca }: PointIdentity): Agent {
  return new Agent({
    cert,
    key,
    ca,
    minVersion: 'TLSv1.3',
    checkServerIdentity: checkAuthorityIdentity,
    keepAlive: true,
    timeout: IDLE_MS,
    maxSockets: REDEEM_REQUESTS_MAX + 1,
    scheduling: 'lifo',
  })
}

function ask(
  agent: Agent,
  address: string,
  { method, path, body, requestId, signal }: LinkRequest,
  sent: { made: boolean },
): Promise<RemoteAnswer> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
    }
    const outgoing = send(new URL(path, address), { agent, method, headers, signal })
    let slow: NodeJS.Timeout | undefined
    const connected = (): void => {
      clearTimeout(slow)
      sent.made = true
    }
    outgoing.on('socket', (socket: Socket) => {
      if (outgoing.reusedSocket) return connected()
      const late = (): unknown => outgoing.destroy(new Error(`No connection to ${address}.`))
      slow = setTimeout(late, AUTHORITY_CONNECT_TIMEOUT_MS)
      return socket.once('secureConnect', connected)
    })
    outgoing.on('close', () => clearTimeout(slow))
    outgoing.on('error', reject)
    outgoing.on('response', (response) => {
      readAnswer(response).then(resolve, (cause: unknown) => {
        outgoing.destroy()
        reject(cause)
      })
    })
    outgoing.end(body)
  })
}

async function readAnswer(response: IncomingMessage): Promise<RemoteAnswer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    bytes += chunk.length
    if (bytes > AUTHORITY_ANSWER_BYTES_MAX) throw new Error('The answer is too long.')
    chunks.push(chunk)
  }
  return { status: response.statusCode ?? 0, json: readJson(Buffer.concat(chunks)) }
}

function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
