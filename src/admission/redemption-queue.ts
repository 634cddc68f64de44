import type { RequestId } from '../domain/ids.ts'
import { readJson } from '../domain/json.ts'
import {
  JSON_NESTING_MAX,
  REDEEM_BATCH_BYTES_MAX,
  REDEEM_BATCH_MAX,
  REDEEM_DEADLINE_MS,
  REDEEM_QUEUE_MAX,
  REDEEM_REQUESTS_MAX,
  REDEEM_SLOW_MS,
} from '../domain/limits.ts'
import type { Cost } from '../domain/redemption.ts'
import { refuse } from '../domain/refusal.ts'
import type { Result } from '../domain/result.ts'
import type { RequestToJudge } from '../domain/scope/types.ts'
import type { TraceHeaders } from '../domain/trace.ts'
import type { PresentedProof } from '../token/proof-header.ts'
import { peerToSend, proofToSend } from './peer-to-send.ts'
import type { PeerIdentity } from './ports.ts'
import {
  membersOf,
  notUnderstood,
  type RemoteAnswer,
  type RemoteYes,
  readNo,
  readYes,
} from './remote-answer.ts'
import { requestToSend } from './request-to-send.ts'

/** One call whose token is to be spent at the authority. */
export interface AskedRedemption {
  readonly token: string
  readonly proof?: PresentedProof | undefined
  readonly audience: string
  readonly request: RequestToJudge
  readonly peer: PeerIdentity
  /** What the call may cost at most; see `Presentation`. */
  readonly costs?: readonly Cost[] | undefined
  readonly requestId: RequestId
  readonly trace?: TraceHeaders | undefined
}

/**
 * Sends the JSON text of a request to `POST /v1/redemptions`. Rejects when there is no answer; must
 * not send again what may have arrived. Given up when the signal says so.
 */
export type SendRedemptions = (
  body: string,
  signal: AbortSignal,
  /** Names the request by the one call it carries; undefined where it carries several. */
  requestId?: RequestId,
) => Promise<RemoteAnswer>

/** Redemptions on their way to the authority. */
export interface RedemptionQueue {
  /** The authority's outcome for one call, within REDEEM_DEADLINE_MS. Never rejects. */
  redeem(asked: AskedRedemption): Promise<Result<RemoteYes>>
  /** Calls that wait or are under way. */
  readonly size: number
}

interface Entry {
  readonly text: string
  readonly bytes: number
  readonly requestId: RequestId
  /** Moment of `performance.now()` at which nobody waits for it any more. */
  readonly endsAt: number
  settled: boolean
  readonly settle: (outcome: Result<RemoteYes>) => void
}

/** What a request adds around its items, and between them. */
const FRAME_BYTES = '{"items":[]}'.length

/**
 * Opens the queue. Whoever comes while nothing is under way goes at once; whoever comes while
 * REDEEM_REQUESTS_MAX requests are under way goes with others in the next one, so that load makes
 * the requests larger and not more. A request that is slow holds no place any longer.
 *
 * A call has REDEEM_DEADLINE_MS from its arrival: then it is `status_unknown`, and the request that
 * carries it is given up once nobody waits for it. A lost answer is never asked for again: the
 * token may be spent (I7). More than REDEEM_QUEUE_MAX calls are `overloaded`.
 */
export function createRedemptionQueue(
  send: SendRedemptions,
  terms: { readonly deadlineMs?: number; readonly queueMax?: number } = {},
): RedemptionQueue {
  const { deadlineMs = REDEEM_DEADLINE_MS, queueMax = REDEEM_QUEUE_MAX } = terms
  return new Redemptions(send, deadlineMs, queueMax)
}

class Redemptions implements RedemptionQueue {
  readonly #send: SendRedemptions
  readonly #deadlineMs: number
  readonly #queueMax: number
  #waiting: Entry[] = []
  #underWay = 0
  #size = 0
  #scheduled = false

  constructor(send: SendRedemptions, deadlineMs: number, queueMax: number) {
    this.#send = send
    this.#deadlineMs = deadlineMs
    this.#queueMax = queueMax
  }

  get size(): number {
    return this.#size
  }

  async redeem(asked: AskedRedemption): Promise<Result<RemoteYes>> {
    const text = textOf(asked)
    if (text === undefined) return refuse('malformed')
    const bytes = Buffer.byteLength(text) + 1
    if (bytes > REDEEM_BATCH_BYTES_MAX - FRAME_BYTES) return refuse('too_large', { bytes })
    if (this.#size >= this.#queueMax) return refuse('overloaded', { waiting: this.#size })
    return this.#enqueue(text, bytes, asked.requestId)
  }

  #enqueue(text: string, bytes: number, requestId: RequestId): Promise<Result<RemoteYes>> {
    const deadlineMs = this.#deadlineMs
    this.#size += 1
    return new Promise((resolve) => {
      const late = () => entry.settle(refuse('status_unknown', { deadlineMs }))
      const timer = setTimeout(late, deadlineMs)
      const entry: Entry = {
        text,
        bytes,
        requestId,
        endsAt: performance.now() + deadlineMs,
        settled: false,
        settle: (outcome) => {
          if (entry.settled) return
          entry.settled = true
          clearTimeout(timer)
          this.#size -= 1
          resolve(outcome)
        },
      }
      this.#waiting.push(entry)
      this.#schedule()
    })
  }

  /** Whoever comes in the same turn of the event loop goes together. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      while (this.#underWay < REDEEM_REQUESTS_MAX && this.#waiting.length > 0) void this.#sendNext()
    })
  }

  async #sendNext(): Promise<void> {
    const { batch, rest } = nextBatch(this.#waiting)
    this.#waiting = rest
    const last = batch.at(-1)
    if (last === undefined) return
    const leave = this.#takePlace()
    const aborter = new AbortController()
    const giveUp = setTimeout(() => aborter.abort(), last.endsAt - performance.now())
    try {
      const body = `{"items":[${batch.map(({ text }) => text)}]}`
      const alone = batch.length === 1 ? last.requestId : undefined
      settleAll(batch, await this.#send(body, aborter.signal, alone))
    } catch (cause) {
      for (const entry of batch) entry.settle(refuse('status_unknown', { cause: String(cause) }))
    } finally {
      clearTimeout(giveUp)
      leave()
    }
  }

  /** One of the places under way, given back with the answer, or before when that is slow. */
  #takePlace(): () => void {
    this.#underWay += 1
    let taken = true
    const leave = (): void => {
      if (!taken) return
      taken = false
      clearTimeout(slow)
      this.#underWay -= 1
      if (this.#waiting.length > 0) this.#schedule()
    }
    const slow = setTimeout(leave, REDEEM_SLOW_MS)
    return leave
  }
}

/** As many of those who still wait as fit one request, in the order of their coming. */
function nextBatch(waiting: readonly Entry[]): { batch: Entry[]; rest: Entry[] } {
  const alive = waiting.filter(({ settled }) => !settled)
  let bytes = FRAME_BYTES
  let count = 0
  for (const entry of alive) {
    bytes += entry.bytes
    if (count === REDEEM_BATCH_MAX || bytes > REDEEM_BATCH_BYTES_MAX) break
    count += 1
  }
  return { batch: alive.slice(0, count), rest: alive.slice(count) }
}

/**
 * The item as JSON; undefined for what the authority would not read, which would be a refusal for
 * all in its company. Requests over HTTP are of flat texts; the arguments of tools may be anything.
 */
function textOf(asked: AskedRedemption): string | undefined {
  const { token, proof, audience, request, peer, costs, requestId, trace } = asked
  const text = JSON.stringify({
    token,
    audience,
    request: requestToSend(request),
    peer: peerToSend(peer),
    ...proofToSend(proof),
    costs,
    request_id: requestId,
    ...trace,
  })
  const readable = request.type === 'http' || readJson(text, JSON_NESTING_MAX - 2).ok
  return readable ? text : undefined
}

function settleAll(batch: readonly Entry[], { status, json }: RemoteAnswer): void {
  const items: unknown = status === 200 ? membersOf(json)['items'] : undefined
  if (!Array.isArray(items) || items.length !== batch.length) {
    const whole = wholeRefusal(status, json)
    for (const entry of batch) entry.settle(whole)
    return
  }
  for (const [index, entry] of batch.entries()) entry.settle(outcomeOf(items[index]))
}

function outcomeOf(item: unknown): Result<RemoteYes> {
  const { ok, problem } = membersOf(item)
  if (ok === true) return readYes(item)
  return ok === false ? readNo(problem) : notUnderstood()
}

/**
 * A refusal of the whole request is about this enforcement point, not about the agents that wait:
 * they are told that nothing is known, or to come back.
 */
function wholeRefusal(status: number, json: unknown): Result<never> {
  if (status === 200) return notUnderstood()
  const { code } = readNo(json).refusal
  const busy = code === 'overloaded' || code === 'rate_limited'
  return refuse(busy ? 'overloaded' : 'status_unknown', { authority: code })
}
