import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { bearerToken, tokenInHeader } from '../admission/bearer.ts'
import type { Admit, Admitted } from '../admission/ports.ts'
import { type IdSource, parseRequestId } from '../domain/ids.ts'
import { GATEWAY_CALLS_MAX } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { Log } from '../log.ts'
import { type Arrival, readArrival } from './arrival.ts'
import type { InFlight } from './in-flight.ts'
import { type OpenCredential, requireInjection } from './injection/choice.ts'
import { type LeaseCall, readLeaseCall } from './lease-headers.ts'
import { readMetadata } from './metadata.ts'
import type { Pins } from './pins.ts'
import type { Places } from './places.ts'
import type { ProofNonces } from './proof-nonces.ts'
import { type ObserveCall, Reply } from './reply.ts'
import type { Route, RouteTable } from './route-table.ts'
import {
  type Forward,
  type GatewayPeer,
  type JudgeAgain,
  type Presented,
  runCall,
} from './run-call.ts'
import type { SettleCall, SettlementResult, Settlements } from './settlements.ts'
import { type Staleness, stalenessOf } from './staleness.ts'
import type { UpstreamSettings, Upstreams } from './upstream.ts'
import { forwardUpgrade, type ReadUpgrade, type SpendMessage } from './websocket/run-websocket.ts'
import { readUpgrade, type Upgrade } from './websocket/upgrade.ts'

/** What serving calls takes from outside. */
export interface CallSetup {
  readonly routes: RouteTable
  /** Hosts that requests may name, with a port where that is not the one the call arrives at. */
  readonly names: readonly string[]
  /** What addresses begin with: `/proxy` for handles, nothing for tokens. */
  readonly prefix?: string
  /** The authority, as metadata names it. */
  readonly issuer: string
  /** Proofs of possession have to carry a nonce of these; without them none has to. */
  readonly proofNonces?: ProofNonces | undefined
  /** Which way in a challenge names first; `Bearer` when left out. */
  readonly challenge?: 'DPoP'
  /** Who is at the other end (I8); asked on every request. */
  readonly identify: (socket: TLSSocket) => Result<GatewayPeer>
  /** Measures the process at the other end, its fingerprint; for handles that are bound to one. */
  readonly processOf?: (socket: Socket) => Promise<string | undefined>
  /** Admission for the protected resource of a route, in the way of the route. */
  readonly admitFor: (route: Route) => Admit
  /** A signed receipt (compact JWS) for a spent token; undefined where there is no key for it. */
  readonly receiptOf: (admitted: Admitted) => Promise<string | undefined>
  /** Age of what is known of revocations; zero where the store itself tells of them. */
  readonly staleness: Staleness
  /** Settles what a call reserved; without it reservations stand until somebody else does. */
  readonly settleCall?: SettleCall
  /** Without it no credential is put into requests, and no route may name one. */
  readonly openCredential?: OpenCredential
  /** Debits messages of WebSockets; without it no route may be for them. */
  readonly spendMessage?: SpendMessage
  /** Without it a call ends when the contract of a holder, or policies, move. */
  readonly judgeAgain?: JudgeAgain
  readonly webSocketIdleMs?: number
  readonly upstream?: UpstreamSettings
  readonly observeSettlement?: (result: SettlementResult) => void
  readonly ids: Pick<IdSource, 'request'>
  readonly log: Log
  readonly observe?: ObserveCall
  /** Calls open at once; may only be lower than GATEWAY_CALLS_MAX. */
  readonly callsMax?: number
  /** Calls one agent may have open at once; GATEWAY_CALLS_PER_PEER_MAX when left out. */
  readonly callsPerPeerMax?: number
}

/** The running gateway around a call. */
export interface CallSurroundings {
  readonly inFlight: InFlight
  readonly upstreams: Upstreams
  readonly pins: Pins
  readonly places: Places
  readonly settlements: Settlements
  /** Whether a client connection is to end with its present answer. */
  readonly closes: (socket: Socket) => boolean
}

/** An upgrade, with the way to take its socket out of the hands of its response. */
export type OpenUpgrade = Upgrade & Pick<ReadUpgrade, 'release'>

/** Serves one request. `sendContinue` answers `Expect: 100-continue`. */
export type ServeCall = (
  request: IncomingMessage,
  response: ServerResponse,
  sendContinue: () => void,
  upgrade?: OpenUpgrade,
) => Promise<void>

/**
 * Serves calls: raw → presented → admitted (which redeems last) → forwarded. Every refusal is told
 * with `Writ-Refusal`; whatever follows after the token was spent carries `Writ-Receipt`. What
 * comes behind a malformed head on the same connection may be part of it, and is not read as a
 * request.
 */
export function createCallServer(setup: CallSetup, around: CallSurroundings): ServeCall {
  requireInjection(setup.routes.values(), setup.openCredential)
  requireMessages(setup)
  const callsMax = Math.min(setup.callsMax ?? GATEWAY_CALLS_MAX, GATEWAY_CALLS_MAX)
  const admits = new Map([...setup.routes.values()].map((route) => [route, setup.admitFor(route)]))
  const doomed = new WeakSet<TLSSocket>()
  return async (request, response, sendContinue, upgrade) => {
    const socket = request.socket as TLSSocket
    const reply = new Reply(request, response, {
      requestId: parseRequestId(String(request.headers['x-request-id'])) ?? setup.ids.request(),
      closes: () => doomed.has(socket) || around.closes(socket),
      log: setup.log,
      observe: setup.observe,
      scheme: setup.challenge ?? 'Bearer',
      nonce: () => setup.proofNonces?.issue(),
    })
    const serve = async () => {
      if (doomed.has(socket)) return await reply.refuseWith('malformed')
      const doom = () => void doomed.add(socket)
      const presented = readCall(request, reply, { setup, upgrades: upgrade !== undefined, doom })
      if (presented === 'told') return
      if (!presented.ok) return await reply.refuse(presented.refusal)
      if (around.inFlight.size >= callsMax) return await reply.refuseWith('overloaded')
      const { route, peer, token } = presented.value
      const forward = upgrade && forwardFor(upgrade, presented.value, setup)
      if (forward?.ok === false) return await reply.refuse(forward.refusal)
      // Without a certificate each token and handle is a peer of its own: nothing else tells them
      // apart before it was verified.
      const name = setup.prefix === undefined ? (peer.uri ?? token) : token
      const leave = around.places.take({ peer: name, origin: route.origin })
      if (leave === undefined) return await reply.refuseWith('overloaded')
      response.once('close', leave)
      const admit = admits.get(route) ?? setup.admitFor(route)
      const run = { request, sendContinue, reply, admit, setup, around, forward: forward?.value }
      await runCall(presented.value, run)
    }
    try {
      await (reply.span === undefined ? serve() : reply.span.hold(serve))
    } catch (error) {
      await reply.refuseWith('fault', error)
    }
  }
}

/**
 * Reads a call up to what it presents, or tells what needs none. What is malformed dooms its
 * connection.
 */
function readCall(
  request: IncomingMessage,
  reply: Reply,
  here: { readonly setup: CallSetup; readonly upgrades: boolean; readonly doom: () => void },
): Result<Presented> | 'told' {
  const { setup, upgrades, doom } = here
  const called = setup.prefix === undefined ? undefined : readLeaseCall(request, setup.routes)
  const lease = reply.tellLease(called)
  const arrival = readArrival(request, setup.prefix, upgrades, lease?.target)
  if (!arrival.ok) {
    if (arrival.refusal.code === 'malformed') doom()
    return arrival
  }
  if (called?.ok === false) return called
  if (!isMeant(arrival.value, setup.names, { request, lease })) return refuse('misdirected')
  if (setup.prefix !== undefined) return present(request, arrival.value, setup, reply, lease)
  reply.host = arrival.value.host
  const metadata = readMetadata(arrival.value, setup.routes, setup.issuer)
  if (metadata === undefined) return present(request, arrival.value, setup, reply)
  reply.tell(metadata)
  return 'told'
}

/** Upgrades are for routes that say so. */
function forwardFor(
  upgrade: OpenUpgrade,
  { route, arrival }: Presented,
  setup: CallSetup,
): Result<Forward> {
  const { spendMessage, upstream = {}, webSocketIdleMs: idleMs } = setup
  if (!route.webSocket || spendMessage === undefined) {
    return refuse('malformed', { header: 'Upgrade' })
  }
  const offered = readUpgrade(arrival)
  if (!offered.ok) return offered
  const terms = { spendMessage, upstream, idleMs }
  return accept(forwardUpgrade({ ...upgrade, offered: offered.value }, terms))
}

/** Messages count as uses, which only who has the store can debit. */
function requireMessages({ routes, spendMessage }: CallSetup): void {
  for (const { name, webSocket } of routes.values()) {
    if (!webSocket || spendMessage !== undefined) continue
    const needed = 'only a gateway on the store can count messages'
    throw new Error(`gateway.routes: route ${name} is for WebSockets, and ${needed}.`)
  }
}

const WITH_PORT = /^(?:\[[0-9a-f:.]+\]|[^:]+):\d+$/

/** A name with the port this request arrived at, unless it has one; 443 is left out. */
function hostAt(name: string, request: IncomingMessage): string {
  const { localPort } = request.socket
  const complete = WITH_PORT.test(name) || localPort === 443
  return (complete ? name : `${name}:${localPort}`).toLowerCase()
}

/** A call that names the URL it means is addressed to that host; its headers bring it here. */
function isMeant(
  { host }: Arrival,
  names: readonly string[],
  by: { readonly request: IncomingMessage; readonly lease: LeaseCall | undefined },
): boolean {
  return by.lease?.target !== undefined || isNamed(host, names, by.request)
}

function isNamed(host: string, names: readonly string[], request: IncomingMessage): boolean {
  return names.some((name) => host === name.toLowerCase() || host === hostAt(name, request))
}

function present(
  request: IncomingMessage,
  arrival: Arrival,
  setup: CallSetup,
  reply: Reply,
  lease?: LeaseCall,
): Result<Presented> {
  const peer = setup.identify(request.socket as TLSSocket)
  if (!peer.ok) return peer
  reply.peer = peer.value.uri
  const route = setup.routes.get(arrival.target.route)
  if (route === undefined) return refuse('not_found')
  reply.route = route
  reply.staleness = stalenessOf(route, setup.staleness)
  const read = lease ? accept(ofLease(request, setup, lease)) : readToken(request, arrival, setup)
  if (!read.ok) return read
  if (read.value.proof !== undefined) reply.scheme = 'DPoP'
  const from = { ...peer.value, ...addressOf(request.socket.remoteAddress) }
  return accept({ arrival, peer: from, route, ...read.value })
}

type Shown = Pick<Presented, 'token' | 'proof' | 'binding' | 'process'>

/** A lease token of CDP, with what it was shown with. */
function ofLease(
  { socket }: IncomingMessage,
  { processOf }: CallSetup,
  { token, binding }: LeaseCall,
): Shown {
  return { token, binding, process: processOf && (() => processOf(socket)) }
}

/** Handles are bearer tokens and nothing else. */
function readToken(
  request: IncomingMessage,
  { authorization, proofs, method, host }: Arrival,
  { prefix, proofNonces }: CallSetup,
): Result<Shown> {
  const read =
    prefix === undefined ? tokenInHeader(authorization, proofs) : bearerToken(authorization)
  if (!read.ok) return read
  if (typeof read.value === 'string') return accept({ token: read.value })
  if (read.value.scheme === 'Bearer') return accept({ token: read.value.token })
  const { token, jwt } = read.value
  const url = `https://${host}${request.url ?? ''}`
  const isNonce = proofNonces && ((nonce: string) => proofNonces.counts(nonce))
  return accept({ token, proof: { jwt, method, url, ...(isNonce && { isNonce }) } })
}

/** The address at the other end; an IPv4 address that came over an IPv6 socket as what it is. */
function addressOf(remote: string | undefined): { readonly address?: string } {
  if (remote === undefined) return {}
  const [address = ''] = remote.replace(/^::ffff:(?=\d+\.)/, '').split('%')
  return { address }
}
