import type { ConnectionEnds } from '../domain/attestation.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { actorOf, type Caller } from '../usecases/caller.ts'
import type { World } from '../usecases/world.ts'
import { readBody, requireNoBody } from './body.ts'
import type { Identify } from './caller.ts'
import type { HttpContext, HttpHandler } from './context.ts'
import { withDeadline } from './deadline.ts'
import type { AnswerStatus, Connection, Endpoint, RawInput, Shown, Told } from './endpoint.ts'
import { guard, type Who } from './guards.ts'
import { claimKey, fingerprintOf } from './idempotency.ts'
import { refused } from './problem.ts'
import { noiseKey, type RateLimit } from './rate-limit.ts'

/** Methods of this face. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** One line of the route table: an address, who may ask, and what answers. */
export interface Row {
  readonly method: Method
  /** In the spelling of OpenAPI: `/v1/leases/{id}`. */
  readonly path: string
  readonly who: Who
  readonly endpoint: Endpoint
}

/** What one listener serves its rows with. */
export interface Serving {
  readonly listener: 'api' | 'agents'
  readonly world: World
  readonly log: Log
  readonly metrics: Metrics
  readonly identify: Identify
  readonly callers: RateLimit
  /** Enforcement points: they ask for many agents. */
  readonly points: RateLimit
  readonly strangers: RateLimit
  readonly bodyBytesMax: number
  readonly deadlineMs: number
}

interface Answered {
  readonly status: AnswerStatus
  /** The view as JSON, a stream of lines, or nothing. */
  readonly body: string | ReadableStream<Uint8Array> | null
  readonly replayed: boolean
}

/**
 * The way of every guarded request: caller → rate → role → body → idempotency → use-case → view.
 * Each step can only refuse. The deadline holds for the whole way after the caller is known.
 */
export function serveRow(row: Row, serving: Serving): HttpHandler {
  return async (c) => {
    const caller = await serving.identify(c)
    if (!caller.ok) return refused(c, (await countStranger(c, serving, caller)).refusal)
    const actor = actorOf(caller.value)
    c.set('actor', actor)
    const limit = caller.value.kind === 'enforcement' ? serving.points : serving.callers
    const within = await limit(actor)
    if (!within.ok) return refused(c, within.refusal)
    const may = guard(caller.value, row.who)
    if (!may.ok) return refused(c, may.refusal)

    const work = () => answerTo(c, row, serving, caller.value)
    const result = row.endpoint.deadline
      ? await withDeadline(serving.deadlineMs, work, (error) =>
          serving.log.fault('http.late_fault', error, { request_id: c.get('requestId') }),
        )
      : await work()
    if (!result.ok) return refused(c, result.refusal)
    const { status, body, replayed } = result.value
    const { mediaType } = row.endpoint
    if (body === null) return new Response(null, { status })
    const headers: Record<string, string> = { 'Content-Type': mediaType }
    if (replayed) headers['Idempotency-Replayed'] = 'true'
    return new Response(body, { status, headers })
  }
}

/**
 * Noise is counted per address, and only noise: a stranger can use up an address, never keep out a
 * caller with a credential who shares it.
 */
async function countStranger(
  c: HttpContext,
  serving: Serving,
  refusal: Extract<Result<never>, { ok: false }>,
): Promise<Extract<Result<never>, { ok: false }>> {
  serving.metrics.unauthenticated(serving.listener)
  const within = await serving.strangers(noiseKey(c.env?.incoming?.socket.remoteAddress))
  return within.ok ? refusal : within
}

async function answerTo(
  c: HttpContext,
  row: Row,
  serving: Serving,
  caller: Caller,
): Promise<Result<Answered>> {
  const { endpoint } = row
  const query = readQuery(c, endpoint)
  if (!query.ok) return query
  const body =
    endpoint.body === undefined
      ? await requireNoBody(c)
      : await readBody(c, endpoint.bodyBytesMax ?? serving.bodyBytesMax)
  if (!body.ok) return body
  const raw: RawInput = {
    params: c.req.param(),
    query: query.value,
    body: body.value?.value,
    connection: connectionOf(c, row, serving),
  }
  const told: Told = {
    metrics: serving.metrics,
    fault: (error) =>
      serving.log.fault('http.fault', error, { request_id: c.get('requestId'), route: row.path }),
  }
  const key = c.req.header('idempotency-key')
  if (key === undefined || endpoint.idempotency === undefined) {
    return answeredOf(await endpoint.run(serving.world, caller, raw, told))
  }

  const fingerprint = fingerprintOf(row.method, c.req.path, body.value?.text ?? '')
  const claim = await claimKey(serving.world.store, endpoint, { caller, key, fingerprint })
  if (!claim.ok) return claim
  const { status } = endpoint
  if (claim.value.kind === 'replay') {
    return accept({ status, body: claim.value.answer, replayed: true })
  }
  const { store, answer } = claim.value
  const result = await endpoint.run({ ...serving.world, store }, caller, raw, told)
  const stored = answer()
  if (result.ok && stored !== undefined) return accept({ status, body: stored, replayed: false })
  return answeredOf(result)
}

/** The caller is proven anew, from the same certificate or token and nothing else. */
function connectionOf(c: HttpContext, row: Row, serving: Serving): Connection {
  return {
    lastEventId: c.req.header('last-event-id'),
    address: c.env?.incoming?.socket.remoteAddress,
    ends: endsOf(c),
    stillMay: async () => {
      const caller = await serving.identify(c)
      return caller.ok && guard(caller.value, row.who).ok
    },
    cut: () => c.env?.incoming?.socket.destroy(),
  }
}

/** From the socket alone; a header says nothing of where a connection comes from. */
function endsOf(c: HttpContext): ConnectionEnds | undefined {
  const { localAddress, localPort, remoteAddress, remotePort } = c.env?.incoming?.socket ?? {}
  if (localAddress === undefined || remoteAddress === undefined) return undefined
  if (localPort === undefined || remotePort === undefined) return undefined
  return { localAddress, localPort, remoteAddress, remotePort }
}

function answeredOf(result: Result<Shown>): Result<Answered> {
  if (!result.ok) return result
  const { status, view } = result.value
  if (status === 204) return accept({ status, body: null, replayed: false })
  const body = view instanceof ReadableStream ? view : JSON.stringify(view)
  return accept({ status, body, replayed: false })
}

/**
 * The query as one value for each name; a name twice would mean two things to two readers. Where
 * no query is expected, none may be sent.
 */
function readQuery(c: HttpContext, endpoint: Endpoint): Result<Record<string, string>> {
  const query = new Map<string, string>()
  for (const [name, value] of new URL(c.req.url).searchParams) {
    if (query.has(name)) return malformedQuery('A name stands once.')
    if (endpoint.query === undefined) return malformedQuery('This address takes no query.')
    query.set(name, value)
  }
  return accept(Object.fromEntries(query))
}

function malformedQuery(detail: string): Result<never> {
  return refuse('malformed', {}, [{ pointer: '', code: 'malformed', detail }])
}
