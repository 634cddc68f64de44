import { z } from '@hono/zod-openapi'
import type { Metrics } from '../metrics.ts'
import type { World } from '../usecases/world.ts'
import type { HttpHandler } from './context.ts'
import type { Health } from './health.ts'

/** What every process has to tell of itself. */
export interface ProcessParts {
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>
  readonly health: Health
}

/** What the open addresses answer from. */
export interface PublicParts extends ProcessParts {
  readonly world: Pick<World, 'keys'>
  /** The document as YAML and as JSON, made once. */
  readonly documents: { readonly yaml: string; readonly json: string }
}

/** An address that anyone who reaches its listener may read. It tells nothing about anybody. */
export interface PublicRow<Parts> {
  readonly path: string
  readonly summary: string
  readonly mediaType: string
  readonly statuses: readonly (200 | 503)[]
  readonly answer: z.ZodType
  readonly handler: (parts: Parts) => HttpHandler
}

/** Long enough to spare requests, short against the overlap of a rotation. */
const JWKS_CACHE = 'public, max-age=60'

const processOut = z.strictObject({ status: z.literal('up') }).openapi('ProcessHealth')
const readyOut = z
  .strictObject({
    status: z.enum(['ready', 'not_ready']),
    checks: z.record(z.string(), z.strictObject({ ok: z.boolean(), detail: z.string() })),
  })
  .openapi('Readiness')
const jwksOut = z
  .object({ keys: z.array(z.record(z.string(), z.string())) })
  .openapi('JwkSet', { description: 'RFC 7517; every key has its one `alg`.' })

/** Whether the process runs, and whether it may be sent work. */
const HEALTH_ROUTES: readonly PublicRow<ProcessParts>[] = [
  {
    path: '/healthz',
    summary: 'Whether the process runs',
    mediaType: 'application/json',
    statuses: [200],
    answer: processOut,
    handler: () => (c) => c.json({ status: 'up' }),
  },
  {
    path: '/readyz',
    summary: 'Whether decisions can be made: store, keys, no rollback',
    mediaType: 'application/json',
    statuses: [200, 503],
    answer: readyOut,
    handler:
      ({ health }) =>
      async (c) => {
        const readiness = await health.readiness()
        return c.json(readiness, readiness.status === 'ready' ? 200 : 503)
      },
  },
]

/** What an admin listener tells. */
export const ADMIN_ROUTES: readonly PublicRow<ProcessParts>[] = [
  ...HEALTH_ROUTES,
  {
    path: '/metrics',
    summary: 'Numbers of this process for Prometheus',
    mediaType: 'text/plain',
    statuses: [200],
    answer: z.string(),
    handler:
      ({ metrics }) =>
      async (c) =>
        c.body(await metrics.text(), 200, { 'Content-Type': metrics.contentType }),
  },
]

const KEY_ROUTE: PublicRow<Pick<PublicParts, 'world'>> = {
  path: '/.well-known/jwks.json',
  summary: 'The public keys that verify our tokens',
  mediaType: 'application/json',
  statuses: [200],
  answer: jwksOut,
  handler:
    ({ world }) =>
    (c) =>
      c.json(world.keys.jwks(), 200, { 'Cache-Control': JWKS_CACHE }),
}

/** What an enforcement point without a store asks before any call. */
export const PEER_ROUTES: readonly PublicRow<Omit<PublicParts, 'documents'>>[] = [
  ...HEALTH_ROUTES,
  KEY_ROUTE,
]

/** The open addresses of the plain listener. */
export const OPEN_ROUTES: readonly PublicRow<PublicParts>[] = [
  ...ADMIN_ROUTES,
  {
    path: '/openapi.yaml',
    summary: 'This document',
    mediaType: 'application/yaml',
    statuses: [200],
    answer: z.string(),
    handler:
      ({ documents }) =>
      (c) =>
        c.body(documents.yaml, 200, { 'Content-Type': 'application/yaml' }),
  },
  {
    path: '/openapi.json',
    summary: 'This document as JSON',
    mediaType: 'application/json',
    statuses: [200],
    answer: z.record(z.string(), z.unknown()),
    handler:
      ({ documents }) =>
      (c) =>
        c.body(documents.json, 200, { 'Content-Type': 'application/json' }),
  },
  KEY_ROUTE,
]
