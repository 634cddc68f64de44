import type { Refusal } from '../domain/refusal.ts'
import type { Result } from '../domain/result.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Caller } from '../usecases/caller.ts'
import type { World } from '../usecases/world.ts'
import type { Identify } from './caller.ts'
import type { HttpContext, HttpHandler } from './context.ts'
import type { Who } from './guards.ts'
import type { RateLimit } from './rate-limit.ts'

/** Methods of the faces. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

/** `api`: people and strangers over plain HTTP. `agents`: peers over mTLS. */
export type ListenerName = 'api' | 'agents'

/** What one listener serves its rows with. */
export interface Serving {
  readonly listener: ListenerName
  readonly world: World
  readonly log: Log
  readonly metrics: Metrics
  readonly identify: Identify
  /** Host names under which this listener is reached, beside loopback. */
  readonly hosts: readonly string[]
  readonly callers: RateLimit
  /** Enforcement points: they ask for many agents. */
  readonly points: RateLimit
  readonly strangers: RateLimit
  readonly bodyBytesMax: number
  readonly deadlineMs: number
}

/** What a row answers from: the listener, and who was proven to ask. */
export interface Asked {
  readonly serving: Serving
  readonly caller: Caller
}

/** One guarded address of one face. A face has no rules: it translates to use-cases and back. */
export interface FaceRow {
  readonly method: Method
  /** In the spelling of OpenAPI: `/v1/leases/{id}`. */
  readonly path: string
  /** Listeners that have this address; absent: every one of them. */
  readonly listeners?: readonly ListenerName[]
  readonly who: Who
  /** Tells who asks where this face has a proof of its own; absent: the listener's. */
  readonly identify?: (serving: Serving) => Identify
  /** Whether the listener's deadline holds; false for streams and long reads. */
  readonly deadline: boolean
  /** Answers a caller who may ask. A refused result is told by `refused`. */
  readonly answer: (c: HttpContext, asked: Asked) => Promise<Result<Response>>
  /** Tells a refusal in the words of this face; sets `refusal` of the context for the log. */
  readonly refused: (c: HttpContext, refusal: Refusal, extra?: ExtraHeaders) => Response
}

/** Headers beside those a face gives its refusals. */
export type ExtraHeaders = Readonly<Record<string, string>>

/** An address that anyone who reaches its listener may read. It tells nothing about anybody. */
export interface OpenRow<Parts> {
  readonly path: string
  readonly handler: (parts: Parts) => HttpHandler
}
