import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ChallengeTerms } from '../admission/challenge.ts'
import type { RequestId } from '../domain/ids.ts'
import { type Refusal, type RefusalCode, refuse } from '../domain/refusal.ts'
import type { Result } from '../domain/result.ts'
import { type TraceHeaders, traceIdOf } from '../domain/trace.ts'
import type { Log } from '../log.ts'
import type { Span } from '../tracing.ts'
import { answer, answerRefusal } from './answer.ts'
import { endCallSpan, startCallSpan, traceOf } from './call-trace.ts'
import type { LeaseCall } from './lease-headers.ts'
import { metadataUrl } from './metadata.ts'
import type { Route } from './route-table.ts'

/** How a call ended: answered by the upstream or by us, refused, or broken off on the way. */
export type CallResult = RefusalCode | 'answered' | 'broken'

/** Told of every call when it is over; `route` is `none` until one is known. */
export type ObserveCall = (route: string, result: CallResult) => void

/** The answering side of one call; writes its one line in the log when it is over. */
export class Reply {
  readonly requestId: RequestId
  readonly response: ServerResponse
  /** The name of the gateway that the request used; known once it was found to be ours. */
  host: string | undefined
  /** Known once the peer is. */
  peer: string | undefined
  /** The trace the call belongs to, as its caller says. */
  readonly trace: TraceHeaders | undefined
  /** The call in that trace; undefined while nobody traces. */
  readonly span: Span | undefined
  /** Known once the target was matched. */
  route: Route | undefined
  /** There once a token was spent; undefined inside when no receipt could be made. */
  receipt: Promise<string | undefined> | undefined
  /** How old our knowledge was at the decision; on a detached route. */
  staleness: string | undefined
  /** The scheme of challenges: that of the token, once one was read. */
  scheme: ChallengeTerms['scheme']
  /** Whether the connection became a WebSocket: there is no other answer then. */
  upgraded = false
  #byLease = false
  readonly #request: IncomingMessage
  readonly #terms: ReplyTerms
  readonly #began = performance.now()
  #refused: RefusalCode | undefined

  constructor(request: IncomingMessage, response: ServerResponse, terms: ReplyTerms) {
    this.requestId = terms.requestId
    this.response = response
    this.#request = request
    this.#terms = terms
    this.scheme = terms.scheme
    this.trace = traceOf(request)
    this.span = startCallSpan(request, this.trace, terms.requestId)
    response.once('close', () => this.#over())
  }

  /** Whether the client connection ends with this answer. */
  readonly closes = (): boolean => this.#terms.closes()

  /** From now on a refusal is one to a lease token of CDP, if there was one: 403 instead of 401. */
  tellLease(called: Result<LeaseCall> | undefined): LeaseCall | undefined {
    this.#byLease = called !== undefined
    return called?.ok === true ? called.value : undefined
  }

  /** Tells a refusal, with the receipt when a token was spent. Only before a head was sent. */
  async refuse(refusal: Refusal, cause?: unknown): Promise<void> {
    this.#refused = refusal.code
    const { host, route, requestId } = this
    if (cause !== undefined) {
      this.#terms.log.fault('gateway.fault', cause, { request_id: requestId, route: route?.name })
    }
    answerRefusal(this.response, refusal, {
      requestId,
      metadataUrl: route === undefined || host === undefined ? undefined : metadataUrl(host, route),
      receipt: await this.receipt,
      staleness: this.staleness,
      budgetStatus: route?.budgetStatus,
      challenge: { scheme: this.scheme, nonce: this.#nonceFor(refusal) },
      unauthenticatedStatus: this.#byLease ? 403 : undefined,
      close: this.closes() || !this.#request.complete,
    })
  }

  #nonceFor({ code }: Refusal): string | undefined {
    return code === 'nonce_required' ? this.#terms.nonce?.() : undefined
  }

  /** A refusal by its code alone. */
  readonly refuseWith = (code: RefusalCode, cause?: unknown): Promise<void> =>
    this.refuse(refuse(code).refusal, cause)

  /** Answers with a document of ours. */
  tell(json: string): void {
    const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'max-age=300' }
    answer(this.response, 200, headers, json, this.closes())
  }

  #over(): void {
    const whole = this.response.writableFinished || this.upgraded
    const result = this.#refused ?? (whole ? 'answered' : 'broken')
    const status = this.response.headersSent ? this.response.statusCode : undefined
    this.#terms.observe?.(this.route?.name ?? 'none', result)
    endCallSpan(this.span, { route: this.route?.name, result, status })
    this.#terms.log.info('gateway.call', {
      request_id: this.requestId,
      trace_id: traceIdOf(this.span?.headers() ?? this.trace),
      route: this.route?.name,
      peer: this.peer,
      result,
      status,
      ms: Math.round(performance.now() - this.#began),
    })
  }
}

/** What a reply needs of the gateway around it. */
export interface ReplyTerms {
  readonly requestId: RequestId
  readonly closes: () => boolean
  readonly log: Log
  readonly observe: ObserveCall | undefined
  readonly scheme: ChallengeTerms['scheme']
  /** A fresh nonce, where nonces are asked for. */
  readonly nonce?: () => string | undefined
}
