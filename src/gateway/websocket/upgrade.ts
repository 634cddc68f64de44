import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Arrival } from '../arrival.ts'

/** A connection whose request asks to become a WebSocket (RFC 6455 §4.1). */
export interface Upgrade {
  readonly socket: Duplex
  /** What came behind the head already. */
  readonly head: Buffer
}

/**
 * A response over the bare socket of an upgrade, so that refusals are told there as everywhere. It
 * closes with its socket, and the socket ends with it unless `release` was called before. Whoever
 * hands over the socket hears of its errors.
 */
export function responseOver(
  request: IncomingMessage,
  socket: Duplex,
): { readonly response: ServerResponse; readonly release: () => void } {
  const response = new ServerResponse(request)
  response.assignSocket(socket as never)
  const release = () => response.detachSocket(socket as never)
  response.once('finish', () => {
    release()
    socket.end(() => socket.destroy())
  })
  socket.once('close', () => {
    response.destroyed = true
    response.emit('close')
  })
  return { response, release }
}

const KEY = /^[A-Za-z0-9+/]{22}==$/
const PROTOCOLS = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[ \t]*,[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+)*$/

/**
 * Reads what an agent wants of a WebSocket: the subprotocols it offers. Refuses `malformed` what is
 * no plain handshake, and any `Origin`: agents are no pages, and a page must not speak for one.
 */
export function readUpgrade({
  method,
  framing,
  headers,
}: Pick<Arrival, 'method' | 'framing' | 'headers'>): Result<readonly string[]> {
  const values = (wanted: string): readonly string[] =>
    headers.filter((_, index) => index % 2 === 1 && headers[index - 1] === wanted)
  if (method !== 'GET' || framing !== 'none') return refuse('malformed', { upgrade: method })
  if (values('origin').length > 0) return refuse('malformed', { header: 'Origin' })
  const [upgrade, ...others] = values('upgrade')
  const isPlain = others.length === 0 && upgrade?.toLowerCase() === 'websocket'
  const [version = '', key = ''] = [
    values('sec-websocket-version').join(),
    values('sec-websocket-key').join(),
  ]
  if (!isPlain || version !== '13' || !KEY.test(key)) {
    return refuse('malformed', { header: 'Sec-WebSocket-Key' })
  }
  const offered = values('sec-websocket-protocol')
  if (offered.length === 0) return accept([])
  const [list = '', ...more] = offered
  const names = list.split(',').map((name) => name.trim())
  const fits = more.length === 0 && PROTOCOLS.test(list) && new Set(names).size === names.length
  return fits ? accept(names) : refuse('malformed', { header: 'Sec-WebSocket-Protocol' })
}
