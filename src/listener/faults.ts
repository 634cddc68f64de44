import { HTTPException } from 'hono/http-exception'
import { type Refusal, type RefusalCode, refuse } from '../domain/refusal.ts'
import type { Log } from '../log.ts'
import { StoreFault } from '../store/fault.ts'
import type { HttpContext } from './context.ts'
import { refused } from './problem.ts'

/**
 * The last catch of a listener. A store that is away means that the state is unknown, so: 503,
 * never allow. What the framework threw keeps its meaning. Everything else is a fault: the caller
 * gets the request id and nothing more, the log gets the rest.
 */
export function catchFaults(log: Log): (error: unknown, c: HttpContext) => Response {
  return (error, c) => refused(c, refusalOfFault(log, error, c))
}

/** The refusal that a thrown error comes to, once the log was told what the caller is not. */
export function refusalOfFault(log: Log, error: unknown, c: HttpContext): Refusal {
  const code = codeOfFault(error)
  if (code === 'fault' || error instanceof StoreFault) {
    log.fault('http.fault', error, { request_id: c.get('requestId'), route: c.get('route') })
  }
  return refuse(code).refusal
}

/** The refusal that a thrown error comes to. */
export function codeOfFault(error: unknown): RefusalCode {
  if (error instanceof StoreFault) {
    return error.code === 'overloaded' ? 'overloaded' : 'status_unknown'
  }
  if (error instanceof HTTPException && error.status < 500) {
    return error.status === 413 ? 'too_large' : 'malformed'
  }
  return 'fault'
}
