import type { IncomingHttpHeaders } from 'node:http'
import { rateHeaders, SINGLE_RATE_HEADERS } from '../admission/rate-headers.ts'
import type { RequestId } from '../domain/ids.ts'
import type { RateLeft } from '../domain/rate.ts'
import { RECEIPT_HEADER } from './answer.ts'
import type { Arrival } from './arrival.ts'
import type { HeaderRules } from './header-rules.ts'
import { STALENESS_HEADER } from './staleness.ts'

/** What the agent is asked to do and not to do with an answer; nobody holds it to that. */
export const HANDLING_HEADER = 'Writ-Response-Handling'
/** What this proxy calls itself in Via (RFC 9110 §7.6.3). */
const VIA = '1.1 writ'
/** Passed on as they were read, not as they came. */
const TRACE: ReadonlySet<string> = new Set(['traceparent', 'tracestate'])

/** Headers of the request to the upstream: allowed ones as they came, then ours; a flat list. */
export function requestHead(
  arrival: Pick<Arrival, 'headers' | 'connection' | 'framing' | 'trace'>,
  rules: HeaderRules,
  requestId: RequestId,
): string[] {
  const { headers, connection, framing, trace } = arrival
  const head: string[] = []
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? ''
    if (TRACE.has(name) || !rules.passesUp(name) || connection.has(name)) continue
    head.push(name, headers[index + 1] ?? '')
  }
  for (const [name, value] of Object.entries(trace ?? {})) {
    if (rules.passesUp(name)) head.push(name, value)
  }
  if (typeof framing === 'number') head.push('content-length', String(framing))
  head.push('via', VIA, 'x-request-id', requestId)
  return head
}

/**
 * Headers of the answer to the agent: allowed ones of the upstream, then ours; a flat list. A
 * Location that carries credentials is left out.
 */
export function responseHead(
  upstream: IncomingHttpHeaders,
  rules: HeaderRules,
  ours: {
    readonly requestId: RequestId
    readonly receipt: string | undefined
    readonly staleness: string | undefined
    readonly rate: RateLeft | undefined
    readonly handling: string | undefined
    readonly close: boolean
  },
): string[] {
  const head: string[] = []
  const dropped = hopByHop(upstream.connection)
  for (const name in upstream) {
    if (!rules.passesDown(name) || dropped?.has(name)) continue
    if (ours.rate !== undefined && SINGLE_RATE_HEADERS.has(name)) continue
    const value = upstream[name]
    if (typeof value === 'string') {
      if (!(name === 'location' && carriesUser(value))) head.push(name, value)
    } else if (value !== undefined) {
      for (const one of value) head.push(name, one)
    }
  }
  head.push('X-Request-Id', ours.requestId)
  if (ours.receipt !== undefined) head.push(RECEIPT_HEADER, ours.receipt)
  if (ours.staleness !== undefined) head.push(STALENESS_HEADER, ours.staleness)
  if (ours.rate !== undefined) head.push(...Object.entries(rateHeaders(ours.rate)).flat())
  if (ours.handling !== undefined) head.push(HANDLING_HEADER, ours.handling)
  if (ours.close) head.push('Connection', 'close')
  return head
}

function hopByHop(connection: string | string[] | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') {
    return undefined
  }
  return new Set(
    String(connection)
      .split(',')
      .map((token) => token.trim().toLowerCase()),
  )
}

/** Also when a parser would make one of it: whatever is not plainly free of a user counts. */
function carriesUser(location: string): boolean {
  const base = 'https://base.invalid/'
  if (!URL.canParse(location, base)) return true
  const { username, password } = new URL(location, base)
  return username !== '' || password !== ''
}
