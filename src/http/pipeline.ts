import type { ConnectionEnds } from '../domain/attestation.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { readBody, requireNoBody } from '../listener/body.ts'
import type { HttpContext } from '../listener/context.ts'
import type { FaceRow, Method, Serving } from '../listener/face.ts'
import { guard, type Who } from '../listener/guards.ts'
import { refused } from '../listener/problem.ts'
import { provableOf } from '../listener/provable.ts'
import type { Caller } from '../usecases/caller.ts'
import type { AnswerStatus, Connection, Endpoint, RawInput, Shown, Told } from './endpoint.ts'
import { claimKey, fingerprintOf } from './idempotency.ts'

/** One line of the route table: an address, who may ask, and what answers. */
export interface Row {
  readonly method: Method
  /** In the spelling of OpenAPI: `/v1/leases/{id}`. */
  readonly path: string
  readonly who: Who
  readonly endpoint: Endpoint
}

interface Answered {
  readonly status: AnswerStatus
  /** The view as JSON, a stream of lines, or nothing. */
  readonly body: string | ReadableStream<Uint8Array> | null
  readonly replayed: boolean
}

/**
 * An address of this face: body → idempotency → use-case → view, for a caller who may ask. Each
 * step can only refuse.
 */
export function restRow(row: Row): FaceRow {
  const { method, path, who, endpoint } = row
  return {
    method,
    path,
    who,
    deadline: endpoint.deadline,
    refused,
    answer: async (c, { serving, caller }) => {
      const result = await answerTo(c, row, serving, caller)
      if (!result.ok) return result
      const { status, body, replayed } = result.value
      if (body === null) return accept(new Response(null, { status }))
      const headers: Record<string, string> = { 'Content-Type': endpoint.mediaType }
      if (replayed) headers['Idempotency-Replayed'] = 'true'
      return accept(new Response(body, { status, headers }))
    },
  }
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
    carries: (requests) => c.set('carries', requests),
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
    ...provableOf(c),
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
