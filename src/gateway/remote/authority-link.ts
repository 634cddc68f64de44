import { buildConnector, Pool } from 'undici'
import type { RemoteAnswer } from '../../admission/remote-answer.ts'
import type { RequestId } from '../../domain/ids.ts'
import {
  AUTHORITY_ANSWER_BYTES_MAX,
  AUTHORITY_CONNECT_TIMEOUT_MS,
  REDEEM_REQUESTS_MAX,
  REDEEM_SLOW_MS,
} from '../../domain/limits.ts'
import { checkAuthorityIdentity } from '../../pki/authority-identity.ts'

/** Who an enforcement point is towards the authority, PEM both. */
export interface LinkIdentity {
  readonly certificate: string
  readonly privateKey: string
}

/** One request to the authority. */
export interface LinkRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** JSON text; none for GET. */
  readonly body?: string
  /** Goes along as `X-Request-Id`. */
  readonly requestId?: RequestId | undefined
  readonly signal: AbortSignal
}

/**
 * Connections to an authority with several addresses, over mutual TLS. The first address that takes
 * a connection is used until it fails, is slow, or says that it closes.
 */
export interface AuthorityLink {
  /**
   * Sends once. Only when a connection was never made, so that nothing can have arrived, is the
   * next address tried; anything else rejects, and the outcome is not known.
   */
  ask(request: LinkRequest): Promise<RemoteAnswer>
  /** Shows another certificate on new connections; requests under way end on the old ones. */
  replaceIdentity(identity: LinkIdentity): void
  close(): Promise<void>
}

/** No connection was made: nothing was sent. */
class NotConnected extends Error {
  override readonly name = 'NotConnected'
}

/** Connections to one address: for redemptions, and one for everything else. */
const CONNECTIONS = REDEEM_REQUESTS_MAX + 1

/** Opens nothing yet. `addresses` are origins of agents listeners, `authorities` PEM texts. */
export function createAuthorityLink(setup: {
  readonly addresses: readonly string[]
  readonly authorities: string
  readonly identity: LinkIdentity
}): AuthorityLink {
  const { addresses, authorities } = setup
  const open = (identity: LinkIdentity) =>
    addresses.map((address) => openPool(address, authorities, identity))
  let pools = open(setup.identity)
  let first = 0
  const next = (from: number): number => (from + 1) % addresses.length
  const leave = (at: number): void => {
    if (first === at) first = next(at)
  }
  return {
    async ask(request) {
      let failure: unknown
      const began = first
      for (let step = 0; step < addresses.length; step += 1) {
        const at = (began + step) % addresses.length
        const pool = pools[at]
        if (pool === undefined) break
        const slow = setTimeout(() => leave(at), REDEEM_SLOW_MS)
        try {
          const { answer, closes } = await send(pool, request)
          if (closes) leave(at)
          return answer
        } catch (cause) {
          leave(at)
          failure = cause
          if (!(cause instanceof NotConnected) || request.signal.aborted) break
        } finally {
          clearTimeout(slow)
        }
      }
      throw failure
    },
    replaceIdentity(identity) {
      const old = pools
      pools = open(identity)
      for (const pool of old) void pool.close()
    },
    async close() {
      await Promise.all(pools.map((pool) => pool.destroy()))
    },
  }
}

async function send(
  pool: Pool,
  { method, path, body, requestId, signal }: LinkRequest,
): Promise<{ readonly answer: RemoteAnswer; readonly closes: boolean }> {
  const response = await pool.request({
    method,
    path,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
    },
    body: body ?? null,
    signal,
  })
  const text = await response.body.text()
  const answer = { status: response.statusCode, json: readJson(text) }
  return { answer, closes: response.headers['connection'] === 'close' }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function openPool(address: string, authorities: string, identity: LinkIdentity): Pool {
  const connect = buildConnector({
    timeout: AUTHORITY_CONNECT_TIMEOUT_MS,
    ca: authorities,
    cert: identity.certificate,
    key: identity.privateKey,
    minVersion: 'TLSv1.3',
    checkServerIdentity: checkAuthorityIdentity,
  })
  return new Pool(address, {
    connections: CONNECTIONS,
    pipelining: 1,
    maxResponseSize: AUTHORITY_ANSWER_BYTES_MAX,
    connect: (options, callback) =>
      connect(options, (error, socket) => {
        if (error === null) callback(null, socket)
        else callback(new NotConnected(`No connection to ${address}.`, { cause: error }), null)
      }),
  })
}
