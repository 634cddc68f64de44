import { once } from 'node:events'
import {
  createServer as createPlainServer,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type SecureContextOptions, type TlsOptions, Server as TlsServer } from 'node:tls'
import {
  GATEWAY_CONNECTION_SECONDS_MAX,
  GATEWAY_HEAD_BYTES_MAX,
  GATEWAY_HEAD_TIMEOUT_MS,
  GATEWAY_IDLE_TIMEOUT_MS,
  GATEWAY_KEEP_ALIVE_MS,
} from '../domain/limits.ts'
import { type RefusalCode, refusalEntry, refuse } from '../domain/refusal.ts'
import { accept } from '../domain/result.ts'
import type { RevocationNotice } from '../domain/revocation.ts'
import type { Clock } from '../domain/time.ts'
import { systemResolve } from '../outbound/checked-lookup.ts'
import { REFUSAL_HEADER } from './answer.ts'
import { createInFlight } from './in-flight.ts'
import {
  type Collected,
  createInProcess,
  type InProcess,
  type InProcessCall,
} from './in-process.ts'
import { createPins, type PinKeeper } from './pins.ts'
import { createPlaces } from './places.ts'
import {
  type CallSetup,
  type CallSurroundings,
  createCallServer,
  type ServeCall,
} from './serve-call.ts'
import { createSettlements } from './settlements.ts'
import { createUpstreams } from './upstream.ts'
import { responseOver } from './websocket/upgrade.ts'

/** Everything a gateway takes from outside. */
export interface GatewaySetup extends CallSetup {
  /** TLS 1.3, see `mutualTlsOptions`; `plain` only for handles on loopback. */
  readonly tls: TlsOptions | 'plain'
  readonly clock: Clock
  /** Tells of changes in what is revoked; answers how to stop listening. */
  readonly onRevocation: (listener: (changes: readonly RevocationNotice[]) => void) => () => void
  /** Tells that other policies are in force; left out where none ever are. */
  readonly onPolicies?: ((listener: () => void) => () => void) | undefined
  /** Tells that changes were missed for good, so that no running call can be known to stand. */
  readonly onMissed?: (listener: () => void) => () => void
  /** Keeps what trees are pinned to, for all gateways on one store; else this one does alone. */
  readonly pinKeeper?: PinKeeper
  /** Age from which a client connection ends with its present call; may be lowered. */
  readonly connectionSecondsMax?: number
}

/** A mutual-TLS reverse proxy that lets calls through only when they are admitted. */
export interface Gateway {
  /** Takes calls; answers the port, which the system chose when 0 was given. */
  listen(address: { readonly host: string; readonly port: number }): Promise<number>
  /** Calls between arrival and last byte. */
  readonly inFlight: number
  /** Shows another certificate on new connections. */
  renewCertificate(tls: SecureContextOptions): void
  /** Makes a call of this process itself, with the same say in it as one that arrives. */
  send(call: InProcessCall): Promise<Collected>
  /** From now on every answer ends its connection, so that agents go elsewhere by themselves. */
  drain(): void
  /** Takes no more calls, lets the running ones end for `graceMs`, then cuts them. */
  close(terms: { readonly graceMs: number }): Promise<void>
}

/** What a call that is cut at the end has left to be told why. */
const LAST_WORD_MS = 100

/** Builds the gateway; nothing listens yet. */
export function createGateway(setup: GatewaySetup): Gateway {
  const { clock, connectionSecondsMax = GATEWAY_CONNECTION_SECONDS_MAX } = setup
  const inFlight = createInFlight(setup)
  const stopMissed = setup.onMissed?.(() => inFlight.cutAll('status_unknown'))
  const upstreams = createUpstreams(setup.upstream)
  const { resolve = systemResolve } = setup.upstream ?? {}
  const pins = createPins({ resolve, keeper: setup.pinKeeper, log: setup.log })
  const settlements = createSettlements(setup)
  const since = new WeakMap<Socket, number>()
  const server =
    setup.tls === 'plain'
      ? createPlainServer(serverOptions({}))
      : createServer(serverOptions(setup.tls))
  let closing = false
  const closes = (socket: Socket) =>
    closing || clock.now() - (since.get(socket) ?? 0) >= connectionSecondsMax
  const places = createPlaces(setup.callsPerPeerMax)
  const around = { inFlight, upstreams, pins, places, settlements, closes }
  const serve = createCallServer(setup, around)
  serveOn(server, serve)
  const isUpgradable = [...setup.routes.values()].some(({ webSocket }) => webSocket)
  if (isUpgradable && setup.prefix === undefined) upgradeOn(server, serve)
  const inProcess = openInProcess(setup, around)
  const connected = setup.tls === 'plain' ? 'connection' : 'secureConnection'
  server.on(connected, (socket: Socket) => since.set(socket, clock.now()))
  return {
    async listen({ host, port }) {
      server.listen(port, host)
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    },
    get inFlight() {
      return inFlight.size
    },
    send: (call) => inProcess.send(call),
    renewCertificate: (tls) => {
      if (server instanceof TlsServer) server.setSecureContext(tls)
    },
    drain: () => {
      closing = true
    },
    async close({ graceMs }) {
      closing = true
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      await Promise.race([inFlight.empty(), pause(graceMs)])
      inFlight.cutAll()
      await Promise.race([closed, pause(LAST_WORD_MS)])
      server.closeAllConnections()
      await closed
      inFlight.close()
      stopMissed?.()
      await upstreams.close()
      await settlements.done()
    },
  }
}

/** A second way in, without a network; it shares everything behind it with the first. */
function openInProcess(setup: GatewaySetup, around: CallSurroundings): InProcess {
  const server = createPlainServer(serverOptions({}))
  const inProcess = createInProcess(server)
  const { prefix: _, ...rest } = setup
  const identify = (socket: Socket) => {
    const peer = inProcess.peerAt(socket)
    return peer === undefined ? refuse('unauthenticated') : accept(peer)
  }
  serveOn(server, createCallServer({ ...rest, identify }, around))
  return inProcess
}

function serverOptions(tls: TlsOptions) {
  return {
    ...tls,
    insecureHTTPParser: false,
    requireHostHeader: false,
    maxHeaderSize: GATEWAY_HEAD_BYTES_MAX,
    headersTimeout: GATEWAY_HEAD_TIMEOUT_MS,
    keepAliveTimeout: GATEWAY_KEEP_ALIVE_MS,
    connectionsCheckingInterval: 1_000,
    requestTimeout: 0,
  }
}

/** Every way in which the server hands over a request or something that is none. */
function serveOn(server: Server, serve: ServeCall): void {
  server.maxHeadersCount = 0
  server.setTimeout(GATEWAY_IDLE_TIMEOUT_MS)
  server.on('request', (request, response) => serve(request, response, () => undefined))
  server.on('checkContinue', (request, response: ServerResponse) => {
    let sent = false
    serve(request, response, () => {
      if (!sent) response.writeContinue()
      sent = true
    })
  })
  // Other expectations than 100-continue may be ignored (RFC 9110 §10.1.1).
  server.on('checkExpectation', (request, response) => serve(request, response, () => undefined))
  server.on('connect', (_request, socket) => {
    if (takeOver(socket)) refuseRaw(socket, 'method_not_allowed')
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (answerOn(socket)?.headersSent === true) socket.destroy()
    else refuseRaw(socket, error.code === 'HPE_HEADER_OVERFLOW' ? 'too_large' : 'malformed')
  })
}

/** Without this every request that asks for an upgrade is refused as it is read. */
function upgradeOn(server: Server, serve: ServeCall): void {
  server.on('upgrade', (request, socket, head) => {
    if (!takeOver(socket)) return
    const { response, release } = responseOver(request, socket)
    serve(request, response, () => undefined, { socket, head, release })
  })
}

/**
 * Node hands over a bare socket at once, also while calls before on this connection are not yet
 * answered, and nobody hears of its errors any more. False when it had to be closed: no answer has
 * its place there, and those calls end with it.
 */
function takeOver(socket: Duplex): boolean {
  socket.on('error', () => socket.destroy())
  if (answerOn(socket) === undefined) return true
  socket.destroy()
  return false
}

/** Node keeps the answer it is writing to a connection there, and looks there for its own use. */
function answerOn(
  socket: Duplex & { readonly _httpMessage?: ServerResponse | null },
): ServerResponse | undefined {
  return socket._httpMessage ?? undefined
}

/** Where there is no request to answer to, and no answer that it would fall into. */
function refuseRaw(socket: Duplex, code: RefusalCode): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const { http } = refusalEntry(code)
  const head = `HTTP/1.1 ${http} ${STATUS_CODES[http]}\r\n${REFUSAL_HEADER}: ${code}\r\n`
  socket.end(`${head}Connection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy())
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
}
