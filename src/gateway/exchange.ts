import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { RequestId } from '../domain/ids.ts'
import type { RateLeft } from '../domain/rate.ts'
import type { RefusalCode } from '../domain/refusal.ts'
import type { Meter } from './call-price.ts'
import type { HeaderRules } from './header-rules.ts'
import { responseHead } from './heads.ts'
import type { ResponseGuard } from './injection/response-guard.ts'
import type { CallOutcome } from './settlements.ts'
import { upstreamRefusal } from './upstream.ts'

/** An admitted call on its way: what it answers to, and how its refusal is told. */
export interface ExchangeTerms {
  readonly requestId: RequestId
  readonly response: ServerResponse
  readonly rules: HeaderRules
  /** Undefined when no receipt could be made; the audit record is there all the same. */
  readonly receipt: Promise<string | undefined>
  /** How old the knowledge was that the call was admitted by; on a detached route. */
  readonly staleness: string | undefined
  /** The rate the call is closest to the limit of, to be told with the answer. */
  readonly rate: RateLeft | undefined
  /** What the agent is told of handling the answer. */
  readonly handling: string | undefined
  /** Keeps out of the answer what was put into the request. */
  readonly guard: ResponseGuard | undefined
  /** Whether the client connection ends with this answer. */
  readonly closes: () => boolean
  /** Tells a refusal; only called while no head was sent. */
  readonly refuse: (code: RefusalCode, cause?: unknown) => void
  /** Hears of the answer as it passes. */
  readonly meter: Meter | undefined
  /** Told once, as soon as it is known whether the upstream has the call. */
  readonly outcome: (outcome: CallOutcome) => void
}

/** What goes to the upstream; `path` and a held body are the very bytes that were judged. */
export interface UpstreamRequest {
  readonly method: string
  readonly path: string
  readonly headers: readonly string[]
  readonly body: Buffer | Readable | null
}

/**
 * One call between an agent and an upstream, both ways streamed with back-pressure. It is sent
 * once: there is no retry and no redirect. An upstream that fails before its head is a refusal; one
 * that fails later, or a cut, breaks the stream off, so that it can not be taken for a whole
 * answer.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #terms: ExchangeTerms
  #controller: Dispatcher.DispatchController | undefined
  #receipt: { readonly text: string | undefined } | undefined
  #bodyBegan = false
  #outcome: CallOutcome | undefined
  #over = false

  constructor(terms: ExchangeTerms) {
    this.#terms = terms
    terms.response.on('drain', () => this.#controller?.resume())
    terms.response.once('close', () => {
      this.#end()
      terms.guard?.forget()
    })
  }

  /** Sends the request. */
  start(pool: Dispatcher, request: UpstreamRequest): void {
    this.#terms.receipt.then((text) => {
      this.#receipt = { text }
    })
    pool.dispatch({ ...request, headers: [...request.headers] }, this)
  }

  /**
   * Ends both sides now, also when only what was buffered is left to send. A client that has no
   * head yet is told why.
   */
  cut(code: RefusalCode): void {
    this.#fail(code)
    this.#end()
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (!this.#over) return
    this.#tell('unreached')
    controller.abort(new Error('the call is over'))
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status >= 200) this.#tell('answered')
    if (this.#over || status < 200) return
    const { guard, meter } = this.#terms
    meter?.head(headers)
    const passing = guard === undefined ? headers : guard.head(status, headers)
    if (passing === undefined) {
      this.#over = true
      meter?.over(false)
      this.#fail('response_withheld')
      controller.abort(new Error('the answer can not be read'))
      return
    }
    if (this.#receipt !== undefined) {
      this.#sendHead(status, passing, this.#receipt.text)
      return
    }
    controller.pause()
    this.#terms.receipt.then((receipt) => {
      if (!this.#over) this.#sendHead(status, passing, receipt)
      controller.resume()
    })
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return
    const { guard, meter, response } = this.#terms
    meter?.read(chunk)
    const passing = guard === undefined ? chunk : guard.push(chunk)
    if (passing.length === 0) return
    this.#bodyBegan = true
    if (!response.write(passing)) controller.pause()
  }

  onResponseEnd(): void {
    if (this.#over) return
    this.#over = true
    const { guard, meter, response } = this.#terms
    meter?.over(true)
    response.end(guard?.end())
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#tell(this.#controller === undefined ? 'unreached' : 'unknown')
    if (this.#over) return
    this.#over = true
    this.#terms.meter?.over(false)
    this.#fail(upstreamRefusal(error), error)
  }

  #sendHead(status: number, headers: IncomingHttpHeaders, receipt: string | undefined): void {
    const { requestId, response, rules, staleness, rate, handling, closes } = this.#terms
    const ours = { requestId, receipt, staleness, rate, handling, close: closes() }
    const head = responseHead(headers, rules, ours)
    try {
      response.writeHead(status, head)
      process.nextTick(() => this.#flushHead())
    } catch (error) {
      this.#over = true
      this.#terms.meter?.over(false)
      this.#fail('upstream_unreachable', error)
      this.#controller?.abort(new Error('the head of the upstream can not be passed on'))
    }
  }

  /** Head and first bytes go together; a head whose body takes its time goes alone. */
  #flushHead(): void {
    if (!this.#bodyBegan && !this.#over) this.#terms.response.flushHeaders()
  }

  /** Nothing is written to an upstream before `onRequestStart`. */
  #tell(outcome: CallOutcome): void {
    if (this.#outcome !== undefined) return
    this.#outcome = outcome
    this.#terms.outcome(outcome)
  }

  #fail(code: RefusalCode, cause?: unknown): void {
    if (this.#terms.response.headersSent) this.#terms.response.destroy()
    else this.#terms.refuse(code, cause)
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    this.#terms.meter?.over(false)
    this.#controller?.abort(new Error('the call is over'))
  }
}
