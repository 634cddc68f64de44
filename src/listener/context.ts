import type { HttpBindings } from '@hono/node-server'
import type { Context, Handler, MiddlewareHandler } from 'hono'
import type { RequestId } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { TraceHeaders } from '../domain/trace.ts'

/** What one request carries through the layers of a listener, beside the request itself. */
export interface HttpEnv {
  Bindings: HttpBindings
  Variables: {
    /** Names this request in the answer, the log and the audit record. */
    requestId: RequestId
    /** A well-formed trace of the caller, to be passed on. */
    trace: TraceHeaders | undefined
    /** Trace id of a well-formed `traceparent` (W3C Trace Context), or undefined. */
    traceId: string | undefined
    /** The requests that came in this one, each with a name of its own. */
    carries: readonly RequestId[] | undefined
    /** Path pattern that matched; never the path itself, which may hold anything. */
    route: string
    /** The caller as the audit record names it, once proven. */
    actor: string | undefined
    /** Why the answer is a no, for the log. */
    refusal: Refusal | undefined
  }
}

/** One request as layers and faces see it. */
export type HttpContext = Context<HttpEnv>
/** Answers one request. */
export type HttpHandler = Handler<HttpEnv>
/** Stands before and after the answer of every request. */
export type HttpMiddleware = MiddlewareHandler<HttpEnv>
