import type { IncomingMessage } from 'node:http'
import { refuse } from '../domain/refusal.ts'
import { REFUSED_METHODS } from '../domain/refused-methods.ts'
import { accept, type Result } from '../domain/result.ts'
import type { TraceHeaders } from '../domain/trace.ts'
import { traceOf } from './call-trace.ts'
import { readTarget, type Target } from './target.ts'

/** How the body of a request is framed: not at all, by chunks, or by a length. */
export type Framing = 'none' | 'chunked' | number

/** A request head that can be read in one way only. Nothing is known yet about who sent it. */
export interface Arrival {
  readonly method: string
  readonly target: Target
  /** The Host header, lowercase. */
  readonly host: string
  /** Every Authorization header. */
  readonly authorization: readonly string[]
  /** Every DPoP header. */
  readonly proofs: readonly string[]
  readonly contentType: string
  readonly contentEncoding: string
  readonly framing: Framing
  /** The trace it belongs to, where it says so well. */
  readonly trace: TraceHeaders | undefined
  /** All headers: lowercase name, value, name, value, …; hop-by-hop ones are still in it. */
  readonly headers: readonly string[]
  /** Lowercase header names that Connection calls hop-by-hop. */
  readonly connection: ReadonlySet<string>
}

const NONE: ReadonlySet<string> = new Set()
/** Two of these in one request are two requests to two readers. */
const SINGLE: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'transfer-encoding',
])

/**
 * Reads the head of a request, once. Refusals, in this order: `malformed` for a version other than
 * HTTP/1.1, an upgrade unless one is awaited, framing or single headers that readers could take
 * differently (RFC 9112 §6); `method_not_allowed`; those of `readTarget`. The parser of Node has
 * refused before: both framings at once, bare line ends, folded and unreadable headers. Where
 * addresses begin with a prefix, what is read is what follows it; a `target` that was found
 * elsewhere is read instead.
 */
export function readArrival(
  request: IncomingMessage,
  prefix?: string,
  upgrades = false,
  target?: string,
): Result<Arrival> {
  const { method = '', url = '', rawHeaders } = request
  if (request.httpVersion !== '1.1') return refuse('malformed', { version: request.httpVersion })
  const headers: string[] = []
  const single = new Map<string, string>()
  const authorization: string[] = []
  const proofs: string[] = []
  let connection = NONE
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    const value = rawHeaders[index + 1] ?? ''
    headers.push(name, value)
    if (name === 'authorization') authorization.push(value)
    else if (name === 'dpop') proofs.push(value)
    else if (name === 'connection') connection = withTokens(connection, value)
    else if (name === 'upgrade' && !upgrades) return refuse('malformed', { header: 'Upgrade' })
    else if (SINGLE.has(name)) {
      if (single.has(name)) return refuse('malformed', { header: name, times: 2 })
      single.set(name, value)
    }
  }
  const host = single.get('host')
  if (host === undefined) return refuse('malformed', { header: 'Host', times: 0 })
  const framing = framingOf(single.get('content-length'), single.get('transfer-encoding'))
  if (framing === undefined) return refuse('malformed', { header: 'Transfer-Encoding' })
  if (REFUSED_METHODS.has(method)) return refuse('method_not_allowed', { method })
  const read = readTarget(target ?? (prefix === undefined ? url : behind(prefix, url)))
  if (!read.ok) return read
  return accept({
    method,
    target: read.value,
    host: host.toLowerCase(),
    authorization,
    proofs,
    contentType: single.get('content-type') ?? '',
    contentEncoding: (single.get('content-encoding') ?? '').toLowerCase(),
    framing,
    headers,
    connection,
    trace: traceOf(request),
  })
}

/** What follows the prefix; an address without it is that of no route. */
function behind(prefix: string, url: string): string {
  return url.startsWith(`${prefix}/`) ? url.slice(prefix.length) : '/'
}

function framingOf(length: string | undefined, coding: string | undefined): Framing | undefined {
  if (coding !== undefined) {
    return length === undefined && coding.toLowerCase() === 'chunked' ? 'chunked' : undefined
  }
  if (length === undefined) return 'none'
  return /^\d{1,15}$/.test(length) ? Number(length) : undefined
}

function withTokens(known: ReadonlySet<string>, value: string): ReadonlySet<string> {
  if (value === 'keep-alive' || value === 'close') return known
  return new Set([...known, ...value.split(',').map((token) => token.trim().toLowerCase())])
}
