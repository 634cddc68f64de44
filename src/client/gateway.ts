import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { type Connection, openPool, reasonOf, Unreachable } from './client.ts'

/** One call through the gateway, spending one call token. */
interface GatewayCall {
  readonly method: string
  /** Absolute URL at the gateway, sent as it is spelled. */
  readonly url: string
  readonly token: string
  readonly headers?: Readonly<Record<string, string>>
  /** A stream is sent as it comes. */
  readonly body?: string | Uint8Array | Readable
  readonly signal?: AbortSignal | undefined
}

/** What came back. `refusal` is the gateway's own "no"; without it the upstream answered. */
export interface GatewayAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly refusal: string | undefined
  /** Has to be read or destroyed. Breaks off with an error when the call is cut. */
  readonly body: Readable
}

/** Connections to a gateway with one agent's certificate. */
export interface GatewayClient {
  /** Throws `Unreachable` when there was no answer; the token may then be spent or not. */
  send(call: GatewayCall): Promise<GatewayAnswer>
  /** Connections opened so far; stays at one while a connection is kept alive. */
  connectionsOpened(): number
  close(): Promise<void>
}

/**
 * Opens connections to a gateway. `connections: 1` keeps every call on one kept-alive connection.
 * A call is never sent again by itself: its token is good for one (I7).
 */
export function createGatewayClient(
  connection: Connection,
  connections: number | null = null,
): GatewayClient {
  const dispatcher = openPool(connection, connections)
  let opened = 0
  dispatcher.on('connect', () => {
    opened += 1
  })
  return {
    connectionsOpened: () => opened,
    async send(call) {
      const { origin } = new URL(call.url)
      const ask = dispatcher.request({
        origin,
        path: targetOf(call.url),
        method: call.method as Dispatcher.HttpMethod,
        headers: { ...call.headers, authorization: `Bearer ${call.token}` },
        body: call.body ?? null,
        signal: call.signal ?? null,
      })
      const response = await ask.catch((cause: unknown) => {
        throw new Unreachable(`No answer from ${origin}: ${reasonOf(cause)}`, { cause })
      })
      const refusal = response.headers['writ-refusal']
      return {
        status: response.statusCode,
        headers: response.headers,
        refusal: typeof refusal === 'string' ? refusal : undefined,
        body: response.body,
      }
    },
    close: () => dispatcher.destroy(),
  }
}

/** The request target exactly as written after the authority: a URL parser would repair it. */
function targetOf(url: string): string {
  const slash = url.indexOf('/', url.indexOf('://') + 3)
  const target = slash === -1 ? '/' : url.slice(slash)
  const fragment = target.indexOf('#')
  return fragment === -1 ? target : target.slice(0, fragment)
}
