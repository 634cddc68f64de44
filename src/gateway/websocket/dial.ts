import { WebSocket } from 'ws'
import { UPSTREAM_CONNECT_TIMEOUT_MS, WEBSOCKET_MESSAGE_BYTES_MAX } from '../../domain/limits.ts'
import { isPrivateAddress } from '../../domain/scope/address.ts'
import {
  BlockedAddress,
  checkedLookup,
  isBlockedLiteral,
  systemResolve,
} from '../../outbound/checked-lookup.ts'
import type { Reach, UpstreamSettings } from '../upstream.ts'

/** One handshake with an upstream; `path` and headers are as they were judged and filled in. */
export interface Handshake {
  readonly origin: string
  readonly path: string
  /** Lowercase name, value, name, value, … */
  readonly headers: readonly string[]
  readonly protocols: readonly string[]
  readonly reach: Reach
}

/**
 * Opens a WebSocket to an upstream, by the rules for addresses of every call: no redirect, no
 * extension, no compression. Throws `BlockedAddress` for an address that may not be dialed.
 */
export function dial(handshake: Handshake, settings: UpstreamSettings): WebSocket {
  const { origin, path, headers, protocols, reach } = handshake
  const { pinned, privateNet } = reach
  const { authorities, resolve = systemResolve } = settings
  const isBlocked = privateNet ? () => false : isPrivateAddress
  if (isBlockedLiteral(new URL(origin).hostname, isBlocked)) {
    throw new BlockedAddress('the address of the upstream is private')
  }
  const fields: Record<string, string[]> = {}
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? ''
    fields[name] = [...(fields[name] ?? []), headers[index + 1] ?? '']
  }
  return new WebSocket(origin.replace(/^http/, 'ws'), [...protocols], {
    headers: fields as never,
    perMessageDeflate: false,
    followRedirects: false,
    handshakeTimeout: settings.connectTimeoutMs ?? UPSTREAM_CONNECT_TIMEOUT_MS,
    maxPayload: WEBSOCKET_MESSAGE_BYTES_MAX,
    lookup: checkedLookup(pinned === undefined ? resolve : async () => pinned, isBlocked),
    ...(authorities === undefined ? {} : { ca: [...authorities] }),
    // The very bytes that were judged; the library would write the path of a parsed URL.
    finishRequest: (request) => {
      request.path = path
      request.end()
    },
  })
}
