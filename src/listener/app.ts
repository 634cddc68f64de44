import { Hono } from 'hono'
import {
  BODY_BYTES_MAX,
  CALLER_REQUESTS_PER_MINUTE,
  DECISION_DEADLINE_MS,
  ENFORCEMENT_REQUESTS_PER_MINUTE,
  OPEN_READS_PER_MINUTE,
  STRANGER_REQUESTS_PER_MINUTE,
} from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { World } from '../usecases/world.ts'
import { identifyPeer, identifyPerson } from './caller.ts'
import type { HttpContext, HttpEnv, HttpMiddleware } from './context.ts'
import type { FaceRow, ListenerName, OpenRow, Serving } from './face.ts'
import { catchFaults } from './faults.ts'
import { serveGuarded } from './guarded.ts'
import { createGuessingGuard } from './guessing.ts'
import type { Health } from './health.ts'
import { requireHost } from './host.ts'
import { observe } from './observe.ts'
import { requirePlainTarget } from './plain-target.ts'
import { refused } from './problem.ts'
import { createRateLimit, noiseKey, type RateLimit } from './rate-limit.ts'
import { nameRequest } from './request-id.ts'
import { secureAnswers } from './security-headers.ts'

/** What a listener needs; nothing is looked up anywhere else. */
export interface ListenerParts {
  readonly world: World
  readonly log: Log
  readonly metrics: Metrics
  readonly health: Health
  /** Host names under which the `api` listener is reached, beside loopback. */
  readonly hosts: readonly string[]
  readonly limits?: {
    readonly callerRequestsPerMinute?: number
    readonly strangerRequestsPerMinute?: number
    readonly enrollmentTriesMax?: number
    readonly bodyBytesMax?: number
    readonly decisionDeadlineMs?: number
  }
}

/** What an admin listener needs. */
export type AdminParts = Pick<ListenerParts, 'log' | 'metrics' | 'health' | 'hosts'> & {
  readonly ids: Pick<World['ids'], 'request'>
}

/** One of the authority's two listeners, with the rows of every face that it has. */
export function createListener(
  listener: ListenerName,
  parts: ListenerParts,
  rows: readonly FaceRow[],
): Hono<HttpEnv> {
  const { world, log, metrics, hosts } = parts
  const app = bareApp(listener, { ids: world.ids, log, metrics })
  if (listener === 'api') app.use(requireHost(hosts))
  const serving = servingOf(listener, parts)
  const here = rows.filter((row) => row.listeners?.includes(listener) ?? true)
  for (const row of here) {
    const serve = serveGuarded(row, serving)
    app.on(row.method, patternOf(row.path), (c, next) => {
      c.set('route', row.path)
      return serve(c, next)
    })
  }
  for (const path of new Set(here.map((row) => row.path))) {
    app.all(patternOf(path), (c) => refuseMethod(c, path, here))
  }
  return app
}

/** The `admin` listener, with no address yet; `Host` has to be one of ours. */
export function createAdminListener(parts: AdminParts): Hono<HttpEnv> {
  const app = bareApp('admin', parts)
  app.use(requireHost(parts.hosts))
  return app
}

/**
 * Adds addresses that anyone who reaches the listener may read. With a limit reads are counted by
 * the address they come from, since there is no caller to count.
 */
export function addOpenRows<Parts>(
  app: Hono<HttpEnv>,
  rows: readonly OpenRow<Parts>[],
  parts: Parts,
  limit?: RateLimit,
): void {
  for (const row of rows) {
    const handler = row.handler(parts)
    app.get(patternOf(row.path), async (c, next) => {
      c.set('route', row.path)
      const within = await limit?.(noiseKey(c.env?.incoming?.socket.remoteAddress))
      return within?.ok === false ? refused(c, within.refusal) : handler(c, next)
    })
  }
}

/** Counts reads of open addresses that cost a look in the store. */
export function countOpenReads(): RateLimit {
  return createRateLimit(OPEN_READS_PER_MINUTE)
}

function bareApp(
  name: ListenerName | 'admin',
  { ids, log, metrics }: Pick<AdminParts, 'ids' | 'log' | 'metrics'>,
): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  app.onError(catchFaults(log))
  app.notFound((c) => refused(c, refuse('not_found').refusal))
  const always: readonly HttpMiddleware[] = [
    nameRequest(ids),
    observe(name, log, metrics),
    secureAnswers,
    requirePlainTarget,
  ]
  app.use(...always)
  return app
}

function servingOf(listener: ListenerName, parts: ListenerParts): Serving {
  const { world, log, metrics, hosts, limits = {} } = parts
  return {
    listener,
    world,
    log,
    metrics,
    hosts,
    identify:
      listener === 'api'
        ? identifyPerson(world, createGuessingGuard(limits.enrollmentTriesMax))
        : identifyPeer(world),
    callers: createRateLimit(limits.callerRequestsPerMinute ?? CALLER_REQUESTS_PER_MINUTE),
    points: createRateLimit(ENFORCEMENT_REQUESTS_PER_MINUTE),
    strangers: createRateLimit(limits.strangerRequestsPerMinute ?? STRANGER_REQUESTS_PER_MINUTE),
    bodyBytesMax: limits.bodyBytesMax ?? BODY_BYTES_MAX,
    deadlineMs: limits.decisionDeadlineMs ?? DECISION_DEADLINE_MS,
  }
}

/** A known address, but not with this method: says which ones it takes (RFC 9110 §15.5.6). */
function refuseMethod(c: HttpContext, path: string, rows: readonly FaceRow[]): Response {
  c.set('route', path)
  const same = rows.filter((row) => row.path === path)
  const headers = { Allow: same.map((row) => row.method).join(', ') }
  const { refusal } = refuse('method_not_allowed')
  return same[0]?.refused(c, refusal, headers) ?? refused(c, refusal, headers)
}

/** `/v1/leases/{id}` as the router spells it. */
function patternOf(path: string): string {
  return path.replaceAll(/\{([a-z]+)\}/g, ':$1')
}
