import type { Readable } from 'node:stream'
import { Agent, request } from 'undici'
import type { ProblemView } from './views/common.ts'

/** How to reach one listener and as whom. PEM texts, never file names. */
export interface Connection {
  /** Origin such as `https://127.0.0.1:9442`, without a path. */
  readonly address: string
  /** Bearer credential of an owner or operator. */
  readonly bearer?: string | undefined
  /** The authority's root certificate; the system's roots when absent. */
  readonly ca?: string | undefined
  /** Certificate and key of an agent: both or neither. */
  readonly certificate?: string | undefined
  readonly privateKey?: string | undefined
}

/** What the API answered: a value, or the refusal with its problem body. */
export type Answer<T> =
  | { readonly ok: true; readonly status: number; readonly value: T }
  | { readonly ok: false; readonly status: number; readonly problem: ProblemView }

/** One call of the API. `body` is sent as JSON. */
export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path and query, percent-encoded by the caller (see `pathOf`). */
  readonly path: string
  readonly body?: unknown
  /** Makes a creation safe to send again. */
  readonly idempotencyKey?: string
  /** Gives up waiting; whether it arrived is not known then. */
  readonly signal?: AbortSignal | undefined
}

/** A connection to one listener. Close it, or the process stays alive. */
export interface Client {
  /** Answers or refuses as the service did; throws `Unreachable` when there was no answer. */
  call<T>(call: ApiCall): Promise<Answer<T>>
  /** The body of a long answer as it comes; it has to be read to its end or destroyed. */
  stream(path: string): Promise<Answer<Readable>>
  close(): Promise<void>
}

/** No answer, or one that is not from this service: nothing is known of the outcome. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

const HEADERS_TIMEOUT_MS = 15_000
const BODY_TIMEOUT_MS = 30_000

/**
 * A pool of connections with TLS 1.3 and the agent's certificate. Redirects are never followed: a
 * redirected bearer would reach a stranger.
 */
export function openPool(
  connection: Connection,
  connections: number | null = null,
  headersTimeoutMs = HEADERS_TIMEOUT_MS,
): Agent {
  return new Agent({
    connections,
    headersTimeout: headersTimeoutMs,
    bodyTimeout: BODY_TIMEOUT_MS,
    connect: {
      minVersion: 'TLSv1.3',
      ...(connection.ca === undefined ? {} : { ca: connection.ca }),
      ...(connection.certificate === undefined ? {} : { cert: connection.certificate }),
      ...(connection.privateKey === undefined ? {} : { key: connection.privateKey }),
    },
  })
}

/** Opens a client of the REST API at one listener. */
export function createClient(connection: Connection): Client {
  const dispatcher = openPool(connection)
  const send = (call: ApiCall) =>
    request(new URL(call.path, connection.address), {
      dispatcher,
      method: call.method,
      headers: headersOf(call, connection),
      body: call.body === undefined ? null : JSON.stringify(call.body),
      signal: call.signal ?? null,
    }).catch((cause: unknown) => {
      throw new Unreachable(`No answer from ${connection.address}: ${reasonOf(cause)}`, { cause })
    })
  return {
    async call<T>(call: ApiCall): Promise<Answer<T>> {
      const { statusCode, body } = await send(call)
      const text = await body.text().catch((cause: unknown) => {
        throw new Unreachable(`${connection.address} broke off its answer.`, { cause })
      })
      return readAnswer<T>(statusCode, text, connection.address)
    },
    async stream(path) {
      const { statusCode: status, body } = await send({ method: 'GET', path })
      if (status === 200) return { ok: true, status, value: body }
      return readAnswer<never>(status, await body.text(), connection.address)
    },
    close: () => dispatcher.close(),
  }
}

/** A path from segments, each percent-encoded, and a query of the values that are defined. */
export function pathOf(
  segments: readonly string[],
  query: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value))
  }
  const path = `/${segments.map(encodeURIComponent).join('/')}`
  return search.size === 0 ? path : `${path}?${search}`
}

/** The plain words of what kept an answer away; errors of several addresses come as one. */
export function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.message === '') {
    return cause.errors.map(reasonOf).join('; ')
  }
  return cause instanceof Error ? cause.message : String(cause)
}

function headersOf(call: ApiCall, connection: Connection): Record<string, string> {
  return {
    accept: 'application/json, application/problem+json',
    ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(connection.bearer === undefined ? {} : { authorization: `Bearer ${connection.bearer}` }),
    ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
  }
}

function readAnswer<T>(status: number, text: string, address: string): Answer<T> {
  const value = parseBody(text, address)
  if (status >= 200 && status < 300) return { ok: true, status, value: value as T }
  if (isProblem(value)) return { ok: false, status, problem: value }
  throw new Unreachable(`${address} answered ${status} without saying why; is it this service?`)
}

function parseBody(text: string, address: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Unreachable(`${address} answered something that is not JSON.`, { cause })
  }
}

function isProblem(value: unknown): value is ProblemView {
  return (
    typeof value === 'object' &&
    value !== null &&
    'code' in value &&
    typeof value.code === 'string' &&
    'title' in value
  )
}
