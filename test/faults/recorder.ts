import { type Dispatcher, request } from 'undici'
import type { Op, OpKind } from './history.ts'

/** One request to be sent and recorded. It is sent once, whatever becomes of it. */
export interface Ask {
  readonly kind: OpKind
  readonly process: number
  readonly url: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly dispatcher: Dispatcher
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly lineage: readonly string[]
  readonly jti?: string
  /** What the answer of a success adds to the record. */
  readonly learn?: (value: never) => Partial<Op>
}

/** What was recorded, with the value of a success; undefined when nothing could be sent. */
export type Heard<T> = { readonly op: Op; readonly value: T | undefined } | undefined

/** Answers that promise nothing either way. */
const PROMISES_NOTHING: ReadonlySet<string> = new Set(['status_unknown', 'fault'])
const TIMEOUT_MS = 12_000

/** Sends requests and keeps the history. */
export class Recorder {
  readonly history: Op[] = []

  /** Sends once. A connection that was refused is no operation: nothing has been asked. */
  async send<T>(ask: Ask): Promise<Heard<T>> {
    const { kind, process, lineage, jti } = ask
    const asked = { kind, process, lineage, ...(jti === undefined ? {} : { jti }) }
    const invoked = performance.now()
    try {
      const answer = await exchange(ask)
      const answered = performance.now()
      const value = answer.code === undefined ? (answer.value as T) : undefined
      const told = value === undefined ? {} : ask.learn?.(value as never)
      const { code, request: name, receipt } = answer
      const outcome = outcomeOf(code)
      const op: Op = { ...asked, invoked, answered, outcome, code, request: name, receipt, ...told }
      this.history.push(op)
      return { op, value }
    } catch (error) {
      if (wasNeverSent(error)) return undefined
      const answered = Number.POSITIVE_INFINITY
      const op: Op = { ...asked, invoked, answered, outcome: 'unknown' }
      this.history.push(op)
      return { op, value: undefined }
    }
  }
}

function outcomeOf(code: string | undefined): Op['outcome'] {
  if (code === undefined) return 'ok'
  return PROMISES_NOTHING.has(code) ? 'unknown' : 'refused'
}

interface Answer {
  readonly code: string | undefined
  readonly request: string | undefined
  readonly receipt: boolean
  readonly value: unknown
}

async function exchange(ask: Ask): Promise<Answer> {
  const { statusCode, headers, body } = await request(ask.url, {
    method: ask.method,
    dispatcher: ask.dispatcher,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    headers: {
      ...(ask.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...ask.headers,
    },
    body: ask.body === undefined ? null : JSON.stringify(ask.body),
  })
  const text = await body.text()
  const refusal = headers['writ-refusal']
  const named = headers['x-request-id']
  const value = ask.kind === 'present' ? text : text === '' ? null : JSON.parse(text)
  const ok = statusCode >= 200 && statusCode < 300 && refusal === undefined
  const code = refusal ?? (value as { code?: string } | null)?.code ?? `status ${statusCode}`
  return {
    code: ok ? undefined : String(code),
    request: named === undefined ? undefined : String(named),
    receipt: headers['writ-receipt'] !== undefined,
    value,
  }
}

function wasNeverSent(error: unknown): boolean {
  const { code } = error as { code?: string }
  return code === 'ECONNREFUSED' || code === 'UND_ERR_CONNECT_TIMEOUT'
}
