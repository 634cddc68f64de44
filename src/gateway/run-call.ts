import type { IncomingMessage } from 'node:http'
import { handlingText } from '../admission/handling.ts'
import type { Admit, Admitted, PeerIdentity } from '../admission/ports.ts'
import type { RequestId } from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { permits } from '../domain/scope/permit.ts'
import type { HttpRequestToJudge, Scope } from '../domain/scope/types.ts'
import { type EpochSeconds, earlier } from '../domain/time.ts'
import type { Log } from '../log.ts'
import type { PresentedProof } from '../token/proof-header.ts'
import type { Arrival } from './arrival.ts'
import { type CallPrice, callPrice, type Measured } from './call-price.ts'
import { traceUpstream } from './call-trace.ts'
import { Exchange } from './exchange.ts'
import { requestHead } from './heads.ts'
import type { CutReason, InFlight, Moved } from './in-flight.ts'
import { choiceFor, type OpenCredential } from './injection/choice.ts'
import type { Injected } from './injection/injection.ts'
import type { RouteCredential } from './injection/route-injection.ts'
import { type PinnedReach, pinnedReach } from './pinned-reach.ts'
import type { Pins } from './pins.ts'
import type { Reply } from './reply.ts'
import { RequestBody } from './request-body.ts'
import type { Route } from './route-table.ts'
import type { CallOutcome, Settlements } from './settlements.ts'
import { freshness, type Staleness, stalenessOf } from './staleness.ts'
import type { Upstreams } from './upstream.ts'

/** A peer as the TLS layer knows it, and when its certificate ends, if it showed one. */
export type GatewayPeer = PeerIdentity & { readonly notAfter: EpochSeconds }

/** Shape is right; peer, route and token are known. Nothing of the token is verified. */
export interface Presented {
  readonly arrival: Arrival
  readonly peer: GatewayPeer
  readonly route: Route
  readonly token: string
  /** Where the token came under the scheme `DPoP`. */
  readonly proof?: PresentedProof | undefined
  /** What a lease token of CDP was shown with. */
  readonly binding?: string | undefined
  /** Measures the process at the other end; only where handles are taken. */
  readonly process?: (() => Promise<string | undefined>) | undefined
}

/** Sends what was admitted on its way; answers how to cut it. */
export type Forward = (
  call: AdmittedCall,
  reach: PinnedReach,
  run: CallRun,
) => { readonly cut: (reason: CutReason) => void }

/** Holds a call that runs against the contracts or policies of now; answers its end under them. */
export type JudgeAgain = (
  call: {
    readonly admitted: Admitted
    /** With its body, where that was read or there is none. */
    readonly request: HttpRequestToJudge
    /** What was put into it, and where it went. */
    readonly credential: (RouteCredential & { readonly origin: string }) | undefined
  },
  moved: Moved,
) => Promise<Result<EpochSeconds>>

/** What running one call takes. */
export interface CallRun {
  readonly request: IncomingMessage
  readonly sendContinue: () => void
  readonly reply: Reply
  readonly admit: Admit
  /** Left out: as a request with an answer. */
  readonly forward?: Forward | undefined
  readonly setup: {
    readonly receiptOf: (admitted: Admitted) => Promise<string | undefined>
    readonly staleness: Staleness
    readonly openCredential?: OpenCredential
    readonly judgeAgain?: JudgeAgain
    readonly log: Log
  }
  readonly around: {
    readonly inFlight: InFlight
    readonly upstreams: Upstreams
    readonly pins: Pins
    readonly settlements: Settlements
  }
}

/** Admitted, its token spent; the only thing that can be forwarded. */
export interface AdmittedCall {
  readonly presented: Presented
  readonly admitted: Admitted
  readonly body: RequestBody
  /** The very request that was judged. */
  readonly request: HttpRequestToJudge
  readonly path: string
  /** What goes to the upstream instead, where the route has a credential. */
  readonly injected: Injected | undefined
  /** Undefined where the route has no prices, or none for this call. */
  readonly price: CallPrice | undefined
}

/**
 * Admits a presented call and forwards it. From its entry into the register of running calls,
 * before admission, revocation reaches it (I9): one that falls between redemption and forwarding
 * too.
 */
export async function runCall(presented: Presented, run: CallRun): Promise<void> {
  const { reply, around } = run
  let isTold = false
  const running = {
    cut: (reason: CutReason) => {
      isTold = true
      reply.refuseWith(reason)
    },
  }
  const flight = around.inFlight.enter((reason) => running.cut(reason))
  reply.response.once('close', () => flight.leave())
  const call = await admitCall(presented, run)
  reply.staleness = stalenessOf(presented.route, run.setup.staleness)
  if (!call.ok) return reply.refuse(call.refusal)
  const { admitted } = call.value
  reply.receipt = receipt(admitted, run)
  const { log } = run.setup
  const reach = await pinnedReach(presented.route, admitted.claims, { pins: around.pins, log })
  const endsAt = earlier(admitted.leaseEndsAt, presented.peer.notAfter)
  const isKnown = freshness(presented.route, run.setup.staleness)
  const cut = flight.depend({
    subjects: admitted.subjects,
    endsAt,
    isKnown,
    ...again(call.value, run),
  })
  const gone = isTold || reply.response.destroyed || reply.response.headersSent
  if (cut !== undefined || gone || !reach.ok) {
    call.value.injected?.guard.forget()
    around.settlements.settle(admitted, 'unreached', reply.requestId)
    if (cut !== undefined) return reply.refuseWith(cut)
    return gone || reach.ok ? undefined : reply.refuse(reach.refusal)
  }
  const exchange = (run.forward ?? forwardCall)(call.value, reach.value, run)
  running.cut = (reason) => exchange.cut(reason)
}

/** How the call is judged again when what it stands on moves, where this process can. */
function again({ presented, admitted, request, body }: AdmittedCall, { setup }: CallRun) {
  const { judgeAgain } = setup
  if (judgeAgain === undefined) return {}
  const { credential: named, origin } = presented.route
  const credential = named && { ...named, origin }
  return {
    judgeAgain: async (moved: Moved) => {
      const known = await body.known()
      const whole = known.ok ? { ...request, body: known.value } : request
      return judgeAgain({ admitted, request: whole, credential }, moved)
    },
  }
}

async function admitCall(presented: Presented, run: CallRun): Promise<Result<AdmittedCall>> {
  const { arrival, peer, route, ...shown } = presented
  const { request: incoming, sendContinue, reply, admit, setup } = run
  const { requestId } = reply
  const body = new RequestBody(incoming, arrival, sendContinue)
  const path = route.basePath + arrival.target.rest
  const request = { type: 'http', method: arrival.method, target: route.origin + path } as const
  const choice = choiceFor({ route, arrival, path, body, requestId }, setup.openCredential)
  try {
    const price = await priceOf(route, body)
    if (!price.ok) return price
    const costs = price.value === undefined ? route.costs : [...route.costs, price.value.most]
    const readBody = () => body.judge()
    const { credential } = route
    const { trace } = reply
    const stated = { requestId, trace, costs, readBody, credential }
    const presentation = { ...shown, peer, request, ...stated }
    const admitted = await admit(
      choice === undefined ? presentation : { ...presentation, choose: choice.choose },
    )
    if (!admitted.ok) {
      choice?.injected?.guard.forget()
      return admitted
    }
    const injected = choice?.injected
    if (choice !== undefined && injected === undefined) return refuse('credential_unavailable')
    const judged = { presented, admitted: admitted.value, body, request, path }
    return accept({ ...judged, injected, price: price.value })
  } catch (error) {
    choice?.injected?.guard.forget()
    setup.log.fault('gateway.admission', error, { request_id: requestId })
    return refuse('status_unknown')
  }
}

/** The body says which model a call is for; where nothing is sent, none is. */
async function priceOf(route: Route, body: RequestBody): Promise<Result<CallPrice | undefined>> {
  if (route.prices === undefined || body.isEmpty) return accept(undefined)
  const judged = await body.judge()
  return judged.ok ? accept(callPrice(route.prices, judged.value)) : judged
}

/**
 * Sends the bytes that were judged, with the secret of the route in its place, where the grant that
 * covers them reaches.
 */
function forwardCall(call: AdmittedCall, reach: PinnedReach, run: CallRun): Exchange {
  const { presented, admitted, body, request, path, injected, price } = call
  const { arrival, route } = presented
  const { reply, around } = run
  const settle = (outcome: CallOutcome, measured?: Measured) =>
    around.settlements.settle(admitted, outcome, reply.requestId, measured)
  let answered = false
  // What is measured is settled when its answer is over, and only when there was one.
  const meter = price?.meter((measured) => {
    if (answered) settle('answered', measured)
  })
  const exchange = new Exchange({
    requestId: reply.requestId,
    response: reply.response,
    rules: route.headers,
    receipt: reply.receipt ?? Promise.resolve(undefined),
    staleness: reply.staleness,
    rate: admitted.rate,
    handling: handlingText(route.handling, admitted.obligations),
    guard: injected?.guard,
    closes: reply.closes,
    refuse: (code, cause) => {
      reach.failed(cause)
      reply.refuseWith(code, cause)
    },
    meter,
    outcome: (outcome) => {
      answered = outcome === 'answered'
      if (meter === undefined || !answered) settle(outcome)
    },
  })
  const privateNet = reachesPrivateNet(admitted.claims.scope, request, body)
  exchange.start(around.upstreams.pool(route.origin, { ...reach, privateNet }), {
    method: arrival.method,
    path: injected?.path ?? path,
    headers: traceUpstream(upstreamHead(call, reply.requestId), {
      method: arrival.method,
      origin: route.origin,
      rules: route.headers,
      response: reply.response,
      within: reply.span,
    }),
    body: injected?.body === undefined ? body.forward() : Buffer.from(injected.body.text),
  })
  return exchange
}

/** An answer that is to be measured may not be coded. */
function upstreamHead(call: AdmittedCall, requestId: RequestId): readonly string[] {
  const { presented, injected, price } = call
  const { arrival, route } = presented
  const head = injected?.headers ?? requestHead(arrival, route.headers, requestId)
  if (price === undefined) return head
  const plain: string[] = []
  for (let at = 0; at + 1 < head.length; at += 2) {
    const name = head[at] ?? ''
    if (name.toLowerCase() !== 'accept-encoding') plain.push(name, head[at + 1] ?? '')
  }
  return [...plain, 'accept-encoding', 'identity']
}

/** Whether a grant with `private_net`, taken alone, covers the request. */
export function reachesPrivateNet(
  scope: Scope,
  request: HttpRequestToJudge,
  body: RequestBody,
): boolean {
  const grants = scope.grants.filter((grant) => grant.type === 'http' && grant.private_net)
  if (grants.length === 0) return false
  const { type, audiences, limits, requires, delegation } = scope
  const { method, target } = request
  const whole: HttpRequestToJudge =
    body.judged === undefined ? request : { type: 'http', method, target, body: body.judged }
  return permits({ type, grants, audiences, limits, requires, delegation }, whole).permitted
}

/** A call without receipt goes on: the record is written, and the receipt can be read later. */
function receipt(admitted: Admitted, run: CallRun): Promise<string | undefined> {
  return run.setup.receiptOf(admitted).catch((error: unknown) => {
    run.setup.log.fault('gateway.receipt', error, { request_id: run.reply.requestId })
    return undefined
  })
}
