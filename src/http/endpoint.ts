import type { z } from '@hono/zod-openapi'
import type { ConnectionEnds } from '../domain/attestation.ts'
import type { RequestId } from '../domain/ids.ts'
import type { RefusalCode } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { parseWith } from '../listener/parse.ts'
import type { Metrics } from '../metrics.ts'
import { type Awaiting, isAwaiting } from '../usecases/approvals/awaiting.ts'
import type { Caller } from '../usecases/caller.ts'
import type { World } from '../usecases/world.ts'
import { awaitingView } from './views/approvals.ts'

/** Successful statuses of this face. */
export type AnswerStatus = 200 | 201 | 202 | 204

/**
 * What `Idempotency-Key` means at a creation. `replay`: the same key and request get the same
 * answer again. `once`: the answer holds a secret or is not kept, so a second try is a `conflict`.
 */
export type Idempotency = 'replay' | 'once'

/** A request as it was read, not yet judged. */
export interface RawInput {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly connection: Connection
}

/** What an answer that goes on for long needs of the connection it goes over. */
export interface Connection {
  /** `Last-Event-ID`: where a stream of events broke off. */
  readonly lastEventId: string | undefined
  /** The other end, as the socket shows it; undefined without a socket. */
  readonly address: string | undefined
  /** Both ends of the TCP connection; undefined where there is none. */
  readonly ends: ConnectionEnds | undefined
  /** The address that was asked, as its client wrote it. */
  readonly url: string
  /** Every `DPoP` header of the request; none was looked at. */
  readonly proofs: readonly string[]
  /** Whether who asked still may: credential and role, looked at again. */
  readonly stillMay: () => Promise<boolean>
  /** Breaks the connection off. */
  readonly cut: () => void
}

/** What a handler gets: its parsed request, and who asks. */
export interface Input<P, Q, B> {
  readonly caller: Caller
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly connection: Connection
  /** Tells the log of a fault that harms a part of the answer alone. */
  readonly fault: (error: unknown) => void
  /** Tells the log which other requests this one carries. */
  readonly carries: (requests: readonly RequestId[]) => void
}

/** Who is told of what came of a request beside its caller. */
export interface Told {
  readonly metrics: Metrics
  readonly fault: (error: unknown) => void
  readonly carries: (requests: readonly RequestId[]) => void
}

/** What an endpoint has to say: `202` instead of its own status while a person is asked. */
export interface Shown {
  readonly status: AnswerStatus
  readonly view: unknown
}

/** One use-case as this face shows it, for the router and for the document. */
export interface Endpoint {
  readonly summary: string
  /** What happens, in a sentence or two. */
  readonly description: string
  readonly params: z.ZodType | undefined
  readonly query: z.ZodType | undefined
  readonly body: z.ZodType | undefined
  readonly status: AnswerStatus
  readonly answer: z.ZodType
  /** Whether the use-case may answer that a person has to be asked first: `202`. */
  readonly asks: boolean
  /** Refusals of this use-case beside those of every guarded address. */
  readonly refusals: readonly RefusalCode[]
  readonly idempotency: Idempotency | undefined
  /** False for reads that may take long and decide nothing. */
  readonly deadline: boolean
  /** Bytes of a body; absent means the listener's limit. */
  readonly bodyBytesMax: number | undefined
  /** Media type of the answer; what is not JSON is a stream of bytes. */
  readonly mediaType: 'application/json' | 'application/jsonl' | 'text/event-stream'
  /** Parses, asks the use-case, counts what came of it, shows its answer. */
  run(world: World, caller: Caller, raw: RawInput, told: Told): Promise<Result<Shown>>
  /** Shows a value that the use-case decided: the answer of `replay`, inside its transaction. */
  show(decided: unknown): unknown
}

interface Shape<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  A extends z.ZodType,
  V,
> {
  readonly summary: string
  readonly description: string
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  readonly status?: AnswerStatus
  readonly asks?: boolean
  readonly answer: A
  readonly refusals: readonly RefusalCode[]
  readonly idempotency?: Idempotency
  readonly deadline?: boolean
  readonly bodyBytesMax?: number
  readonly mediaType?: Endpoint['mediaType']
  readonly count?: (metrics: Metrics, result: Result<V>) => void
  readonly act: (
    world: World,
    input: Input<z.output<P>, z.output<Q>, z.output<B>>,
  ) => Promise<Result<V | Awaiting>>
  readonly view: (value: V) => z.input<A>
}

/**
 * Declares an endpoint: schemas, use-case and view in one place, so that document and behaviour
 * have one source. Schemas are strict; what they refuse is `malformed` with pointers (in a path:
 * `not_found`, since nothing can be there).
 */
export function endpoint<
  A extends z.ZodType,
  V,
  P extends z.ZodType = z.ZodType<undefined>,
  Q extends z.ZodType = z.ZodType<undefined>,
  B extends z.ZodType = z.ZodType<undefined>,
>(shape: Shape<P, Q, B, A, V>): Endpoint {
  return {
    summary: shape.summary,
    description: shape.description,
    params: shape.params,
    query: shape.query,
    body: shape.body,
    status: shape.status ?? 200,
    answer: shape.answer,
    asks: shape.asks ?? false,
    refusals: shape.refusals,
    idempotency: shape.idempotency,
    deadline: shape.deadline ?? true,
    bodyBytesMax: shape.bodyBytesMax,
    mediaType: shape.mediaType ?? 'application/json',
    async run(world, caller, raw, { metrics, fault, carries }) {
      const params = parseWith(shape.params, raw.params, 'not_found')
      if (!params.ok) return params
      const query = parseWith(shape.query, raw.query, 'malformed')
      if (!query.ok) return query
      const body = parseWith(shape.body, raw.body, 'malformed')
      if (!body.ok) return body
      const result = await shape.act(world, {
        caller,
        params: params.value,
        query: query.value,
        body: body.value,
        connection: raw.connection,
        fault,
        carries,
      })
      if (!result.ok) {
        shape.count?.(metrics, result)
        return result
      }
      const { value } = result
      if (isAwaiting(value)) return accept({ status: 202, view: awaitingView(value) })
      shape.count?.(metrics, accept(value))
      return accept({ status: shape.status ?? 200, view: shape.view(value) })
    },
    show: (decided) => shape.view(decided as V),
  }
}
