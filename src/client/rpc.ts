import { request } from 'undici'
import { ACTION_TIMEOUT_MS } from '../domain/limits.ts'
import { type Connection, openPool, reasonOf, Unreachable } from './client.ts'

/** What came back over HTTP: a message of JSON-RPC, whether it is a result or an error. */
export interface RpcReply {
  readonly status: number
  /** The authority's name for this request, for logs on both sides. */
  readonly requestId: string | undefined
  readonly message: Readonly<Record<string, unknown>>
}

/** One address that takes messages of JSON-RPC. Close it, or the process stays alive. */
export interface RpcLink {
  /** Sends one message; throws `Unreachable` when there was no answer that is a message. */
  send(message: object, headers: Readonly<Record<string, string>>): Promise<RpcReply>
  close(): Promise<void>
}

/** A little more than a call made for an agent may take. */
const ANSWER_MS = ACTION_TIMEOUT_MS + 5_000

/** Opens a link to a path at one listener. Nothing is sent again by itself, and nothing is kept. */
export function openRpcLink(connection: Connection, path: string): RpcLink {
  const dispatcher = openPool(connection, null, ANSWER_MS)
  const { address } = connection
  return {
    async send(message, headers) {
      const answer = await request(new URL(path, address), {
        dispatcher,
        method: 'POST',
        headers: {
          ...headers,
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
        },
        body: JSON.stringify(message),
      }).catch((cause: unknown) => {
        throw new Unreachable(`No answer from ${address}: ${reasonOf(cause)}`, { cause })
      })
      const { statusCode: status, headers: told, body } = answer
      const id = told['x-request-id']
      const requestId = typeof id === 'string' ? id : undefined
      return { status, requestId, message: readMessage(await body.text(), address) }
    },
    close: () => dispatcher.close(),
  }
}

function readMessage(text: string, address: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {}
  throw new Unreachable(`${address} answered something that is no message of JSON-RPC.`)
}
