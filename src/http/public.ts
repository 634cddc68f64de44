import { z } from '@hono/zod-openapi'
import { type RefusalCode, refuse } from '../domain/refusal.ts'
import type { OpenRow } from '../listener/face.ts'
import type { Health } from '../listener/health.ts'
import { refused } from '../listener/problem.ts'
import type { Metrics } from '../metrics.ts'
import type { World } from '../usecases/world.ts'
import { PAGE_POLICY, PAGE_STYLE } from './document-page.ts'
import { SECURITY_TEXT_ROUTE, type SecurityContact } from './security-text.ts'

/** What every process has to tell of itself. */
export interface ProcessParts {
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>
  readonly health: Health
}

/** What the open addresses answer from. */
export interface PublicParts extends ProcessParts {
  readonly world: Pick<World, 'issuer' | 'keys' | 'statusLists' | 'store'>
  readonly security?: SecurityContact | undefined
  /** The document as YAML, as JSON and as a page, made once. */
  readonly documents: { readonly yaml: string; readonly json: string; readonly page: string }
}

/** An open address with what the document says of it. */
export interface PublicRow<Parts> extends OpenRow<Parts> {
  readonly summary: string
  /** What happens, in a sentence or two. */
  readonly description: string
  readonly mediaType: string
  readonly params?: z.ZodObject
  readonly statuses: readonly (200 | 503)[]
  readonly refusals?: readonly RefusalCode[]
  readonly answer: z.ZodType
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
    description: 'Answers as long as the process takes connections; looks at nothing else.',
    mediaType: 'application/json',
    statuses: [200],
    answer: processOut,
    handler: () => (c) => c.json({ status: 'up' }),
  },
  {
    path: '/readyz',
    summary: 'Whether decisions can be made: store, keys, no rollback',
    description: 'Each check with a word of what was found; 503 as soon as one of them fails.',
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
    description: 'Counts since its start, and how things stand now; nothing of anybody.',
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
  description: 'Keys in use, and those whose tokens may still live.',
  mediaType: 'application/json',
  statuses: [200],
  answer: jwksOut,
  handler:
    ({ world }) =>
    (c) =>
      c.json(world.keys.jwks(), 200, { 'Cache-Control': JWKS_CACHE }),
}

const listParams = z.object({
  n: z.string().openapi({ pattern: '^(0|[1-9][0-9]{0,9})$', description: 'Number of the list.' }),
})

const STATUS_LIST_ROUTE: PublicRow<Pick<PublicParts, 'world'>> = {
  path: '/v1/status-lists/{n}',
  summary: 'A status list token; see the claim `status` of call tokens',
  description:
    'One bit for each lease of the list, signed. It may be kept as long as its headers say.',
  mediaType: 'application/statuslist+jwt',
  params: listParams,
  statuses: [200],
  answer: z.string(),
  refusals: ['not_found', 'overloaded', 'status_unknown'],
  handler:
    ({ world }) =>
    async (c) => {
      const list = listNumberOf(c.req.param('n'))
      const read = list === undefined ? undefined : await world.statusLists?.read(list)
      if (read === undefined) return refused(c, refuse('not_found').refusal)
      if (!read.ok) return refused(c, read.refusal)
      const { token, renewedAt } = read.value
      const fresh = Math.max(0, renewedAt - world.store.now())
      return c.body(token, 200, {
        'Content-Type': 'application/statuslist+jwt',
        'Cache-Control': `public, max-age=${fresh}`,
      })
    },
}

function listNumberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^(0|[1-9]\d{0,9})$/.test(text) ? Number(text) : undefined
}

/** What an enforcement point without a store asks before any call. */
export const PEER_ROUTES: readonly PublicRow<Omit<PublicParts, 'documents'>>[] = [
  ...HEALTH_ROUTES,
  KEY_ROUTE,
  STATUS_LIST_ROUTE,
]

/** The open addresses of the `api` listener. */
export const OPEN_ROUTES: readonly PublicRow<PublicParts>[] = [
  ...ADMIN_ROUTES,
  {
    path: '/openapi.yaml',
    summary: 'This document',
    description: 'As the running process has it, in YAML.',
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
    description: 'As the running process has it, for programs.',
    mediaType: 'application/json',
    statuses: [200],
    answer: z.record(z.string(), z.unknown()),
    handler:
      ({ documents }) =>
      (c) =>
        c.body(documents.json, 200, { 'Content-Type': 'application/json' }),
  },
  {
    path: '/docs',
    summary: 'This document as a page for people',
    description: 'Plain HTML without a script: every address, schema and example.',
    mediaType: 'text/html',
    statuses: [200],
    answer: z.string(),
    handler:
      ({ documents }) =>
      (c) =>
        c.body(documents.page, 200, {
          'Content-Type': 'text/html; charset=utf-8',
          'Content-Security-Policy': PAGE_POLICY,
        }),
  },
  {
    path: '/docs/style.css',
    summary: 'The style of that page',
    description: 'The one file that the page loads.',
    mediaType: 'text/css',
    statuses: [200],
    answer: z.string(),
    handler: () => (c) => c.body(PAGE_STYLE, 200, { 'Content-Type': 'text/css; charset=utf-8' }),
  },
  KEY_ROUTE,
  STATUS_LIST_ROUTE,
  SECURITY_TEXT_ROUTE,
]
