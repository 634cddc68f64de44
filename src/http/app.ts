import { Hono } from 'hono'
import {
  BODY_BYTES_MAX,
  CALLER_REQUESTS_PER_MINUTE,
  DECISION_DEADLINE_MS,
  ENFORCEMENT_REQUESTS_PER_MINUTE,
  STRANGER_REQUESTS_PER_MINUTE,
} from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { World } from '../usecases/world.ts'
import { identifyPeer, identifyPerson } from './caller.ts'
import type { HttpContext, HttpEnv, HttpMiddleware } from './context.ts'
import { buildDocument, documentText } from './document.ts'
import { catchFaults } from './faults.ts'
import { createGuessingGuard } from './guessing.ts'
import type { Health } from './health.ts'
import { requireHost } from './host.ts'
import { observe } from './observe.ts'
import { type Serving, serveRow } from './pipeline.ts'
import { refused } from './problem.ts'
import { ADMIN_ROUTES, OPEN_ROUTES, PEER_ROUTES, type PublicRow } from './public.ts'
import { createRateLimit } from './rate-limit.ts'
import { nameRequest } from './request-id.ts'
import { ROUTES } from './route-table.ts'
import { secureAnswers } from './security-headers.ts'

/** What this face needs; nothing is looked up anywhere else. */
export interface HttpParts {
  readonly world: World
  readonly log: Log
  readonly metrics: Metrics
  readonly health: Health
  /** Host names under which the plain listener is reached, beside loopback. */
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
export type AdminParts = Pick<HttpParts, 'log' | 'metrics' | 'health' | 'hosts'> & {
  readonly ids: Pick<World['ids'], 'request'>
}

/** The plain listener: owners and operators by bearer token, and what anyone may read. */
export function createApiApp(parts: HttpParts): Hono<HttpEnv> {
  const app = createApp('api', parts, requireHost(parts.hosts))
  const document = buildDocument(ROUTES, OPEN_ROUTES)
  const documents = { yaml: documentText(document), json: JSON.stringify(document) }
  openRoutes(app, OPEN_ROUTES, { ...parts, documents })
  return app
}

/**
 * The mTLS listener: agents and enforcement points by the certificate of their connection, and what
 * anyone with a certificate may read.
 */
export function createAgentsApp(parts: HttpParts): Hono<HttpEnv> {
  const app = createApp('agents', parts)
  openRoutes(app, PEER_ROUTES, parts)
  return app
}

/** The plain listener of a process that has no other for people: health and metrics alone. */
export function createAdminApp(parts: AdminParts): Hono<HttpEnv> {
  const { ids, log, metrics, hosts } = parts
  const app = new Hono<HttpEnv>()
  app.onError(catchFaults(log))
  app.notFound((c) => refused(c, refuse('not_found').refusal))
  app.use(nameRequest(ids), observe('admin', log, metrics), secureAnswers, requireHost(hosts))
  openRoutes(app, ADMIN_ROUTES, parts)
  return app
}

function openRoutes<Parts>(
  app: Hono<HttpEnv>,
  rows: readonly PublicRow<Parts>[],
  parts: Parts,
): void {
  for (const row of rows) {
    const handler = row.handler(parts)
    app.get(patternOf(row.path), (c, next) => {
      c.set('route', row.path)
      return handler(c, next)
    })
  }
}

function createApp(
  listener: Serving['listener'],
  parts: HttpParts,
  ...before: readonly HttpMiddleware[]
): Hono<HttpEnv> {
  const { world, log, metrics, limits = {} } = parts
  const serving: Serving = {
    listener,
    world,
    log,
    metrics,
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
  const app = new Hono<HttpEnv>()
  app.onError(catchFaults(log))
  app.notFound((c) => refused(c, refuse('not_found').refusal))
  app.use(nameRequest(world.ids), observe(listener, log, metrics), secureAnswers, ...before)
  for (const row of ROUTES) {
    const serve = serveRow(row, serving)
    app.on(row.method, patternOf(row.path), (c, next) => {
      c.set('route', row.path)
      return serve(c, next)
    })
  }
  for (const path of new Set(ROUTES.map((row) => row.path))) {
    app.all(patternOf(path), (c) => refuseMethod(c, path))
  }
  return app
}

/** A known address, but not with this method: says which ones it takes (RFC 9110 §15.5.6). */
function refuseMethod(c: HttpContext, path: string): Response {
  c.set('route', path)
  const methods = ROUTES.filter((row) => row.path === path).map((row) => row.method)
  return refused(c, refuse('method_not_allowed').refusal, { Allow: methods.join(', ') })
}

/** `/v1/leases/{id}` as the router spells it. */
function patternOf(path: string): string {
  return path.replaceAll(/\{([a-z]+)\}/g, ':$1')
}
