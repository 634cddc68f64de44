import { tokenInHeader } from '../admission/bearer.ts'
import { challenged } from '../admission/challenge.ts'
import type { Admit, Admitted } from '../admission/ports.ts'
import { type Problem, problemOf } from '../admission/problem.ts'
import { rateHeaders } from '../admission/rate-headers.ts'
import { parseRequestId, type RequestId } from '../domain/ids.ts'
import { type Facts, type Refusal, type RefusalCode, refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { RequestToJudge } from '../domain/scope/types.ts'
import { type Arrival, readJudged } from './arrival.ts'

/** What became of one request, for the service's own log. Facts hold no secret (I12). */
export interface Decision {
  readonly requestId: RequestId
  /** `open`: let through without a token, as the mode says. */
  readonly outcome: 'admitted' | 'open' | RefusalCode
  readonly facts: Facts
}

/** A service that guards its own routes. */
export interface Guard {
  /** Admission for this service's resource id. */
  readonly admit: Admit
  /** Scheme, host and port of this service as scopes name it: `https://reports.example:8443`. */
  readonly origin: string
  readonly requestId: () => RequestId
  /** Told of every decision; what it throws is the caller's own. */
  readonly told?: ((decision: Decision) => void) | undefined
}

/** What is asked of a request when it is not a plain call over HTTP. */
export interface Mode {
  /** What the scope is asked about; `open` lets a known peer through without a token. */
  readonly read: (arrival: Arrival) => Promise<Result<RequestToJudge | 'open'>>
  /** Tells a refusal in other words than RFC 9457, where a protocol demands them. */
  readonly tell?: (refusal: Refusal, problem: Problem) => Told | undefined
}

/** A refusal as it goes to the caller. */
export interface Told {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The guard's answer; `writ` is absent where a mode let an open request through. */
export type Verdict =
  | {
      readonly ok: true
      readonly writ: Admitted | undefined
      readonly headers: Readonly<Record<string, string>>
    }
  | { readonly ok: false; readonly told: Told }

/**
 * Judges one request: a yes has spent its token, anything else is a refusal from the table. A state
 * that can not be known, and whatever breaks here, is 503, never allow.
 */
export async function judge(guard: Guard, arrival: Arrival, mode?: Mode): Promise<Verdict> {
  const [named = '', ...others] = arrival.header('x-request-id')
  const known = others.length === 0 ? parseRequestId(named) : undefined
  const requestId = known ?? guard.requestId()
  const outcome = await admission(guard, arrival, mode, requestId)
  if (outcome.ok) {
    const writ = outcome.value === 'open' ? undefined : outcome.value
    guard.told?.({ requestId, outcome: writ ? 'admitted' : 'open', facts: {} })
    const rate = writ?.rate === undefined ? {} : rateHeaders(writ.rate)
    return { ok: true, writ, headers: { 'X-Request-Id': requestId, ...rate } }
  }
  const { refusal } = outcome
  guard.told?.({ requestId, outcome: refusal.code, facts: refusal.facts })
  return { ok: false, told: tell(refusal, requestId, mode) }
}

async function admission(
  guard: Guard,
  arrival: Arrival,
  mode: Mode | undefined,
  requestId: RequestId,
): Promise<Result<Admitted | 'open'>> {
  try {
    const { peer } = arrival
    if (!peer.ok) return peer
    const request = mode === undefined ? plainRequest(guard, arrival) : await mode.read(arrival)
    if (!request.ok) return request
    if (request.value === 'open') return accept('open')
    const read = tokenInHeader(arrival.header('authorization'), arrival.header('dpop'))
    if (!read.ok) return read
    const { token } = read.value
    const { method, target = '' } = arrival
    const url = `${guard.origin}${target}`
    return await guard.admit({
      token,
      ...(read.value.scheme === 'DPoP' ? { proof: { jwt: read.value.jwt, method, url } } : {}),
      peer: peer.value,
      request: request.value,
      requestId,
      readBody: () => readJudged(arrival),
    })
  } catch (cause) {
    return refuse('status_unknown', { cause: String(cause) })
  }
}

function plainRequest({ origin }: Guard, { method, target }: Arrival): Result<RequestToJudge> {
  if (target === undefined || !target.startsWith('/')) {
    return refuse('malformed', { target: 'not in origin form' })
  }
  return accept({ type: 'http', method, target: `${origin}${target}` })
}

function tell(refusal: Refusal, requestId: RequestId, mode: Mode | undefined): Told {
  const problem = problemOf(refusal, requestId)
  const own = mode?.tell?.(refusal, problem)
  if (own !== undefined) return own
  const scheme = refusal.code === 'proof_invalid' ? 'DPoP' : 'Bearer'
  const answer = challenged(problem, refusal, { scheme })
  return {
    status: answer.problem.status,
    headers: answer.headers,
    body: JSON.stringify(answer.problem),
  }
}
