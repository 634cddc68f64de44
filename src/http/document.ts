import { OpenAPIHono, z } from '@hono/zod-openapi'
import { stringify } from 'yaml'
import { type RefusalCode, refusalEntry } from '../domain/refusal.ts'
import { ANYONE } from '../listener/guards.ts'
import type { Endpoint } from './endpoint.ts'
import { addExamples, exampleOf } from './examples/add-examples.ts'
import { IDEMPOTENCY_KEY } from './idempotency.ts'
import { OAUTH_REFUSALS, OTHER_FACES, type ToldRow } from './other-faces.ts'
import type { Row } from './pipeline.ts'
import { plainUnions } from './plain-unions.ts'
import type { PublicParts, PublicRow } from './public.ts'
import { awaitingOut } from './schemas/approvals.ts'
import { problemOut } from './schemas/problem.ts'
import { SCOPE_PARTS } from './schemas/scope-document.ts'

type Responses = Parameters<OpenAPIHono['openAPIRegistry']['registerPath']>[0]['responses']
/** The whole document. */
export type Document = ReturnType<OpenAPIHono['getOpenAPI31Document']>

const COMMON: readonly RefusalCode[] = [
  'malformed',
  'unauthenticated',
  'rate_limited',
  'fault',
  'overloaded',
  'status_unknown',
]
/** What the certificate of a connection may be refused for. */
const OF_PEERS: readonly RefusalCode[] = ['certificate_expired', 'revoked', 'suspended']
const OF_BODIES: readonly RefusalCode[] = ['too_large', 'media_type']

const ABOUT = [
  'The REST face of Writ.',
  'Refusals are problem documents (RFC 9457) with a word of one closed table in `code`.',
  'Owners and operators come to the `api` listener with a bearer token, as do agents on the way in',
  'with the one-time secrets of their enrollment; enrolled agents and enforcement points come to',
  'the `agents` listener with their certificate; the addresses are the same.',
  'The examples of leases, delegations, tokens and approvals are one story: the planner opens a',
  'lease and passes the issues of a repository on to the worker, which asks for one call, is',
  'allowed it, makes it and settles it; then dana, who answers for both, revokes the root.',
].join(' ')

/** Every refusal a row may answer with, each once, in the order of precedence. */
export function refusalsOf(row: Row): readonly RefusalCode[] {
  const { endpoint, who } = row
  const peers = who.includes('agent') || who.includes('enforcement')
  const codes = new Set<RefusalCode>([
    ...COMMON,
    ...(who.length < ANYONE.length ? (['forbidden'] as const) : []),
    ...(peers ? OF_PEERS : []),
    ...(endpoint.body === undefined ? [] : OF_BODIES),
    ...(endpoint.params === undefined ? [] : (['not_found'] as const)),
    ...(endpoint.idempotency === undefined ? [] : (['conflict'] as const)),
    ...endpoint.refusals,
  ])
  return [...codes].sort((a, b) => refusalEntry(a).precedence - refusalEntry(b).precedence)
}

/** The OpenAPI 3.1 document of the route table: the code is its only source. */
export function buildDocument(
  rows: readonly Row[],
  open: readonly PublicRow<PublicParts>[],
): Document {
  const app = new OpenAPIHono()
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description:
      'The token of an owner or operator, or a secret of enrollment; on the `api` listener alone.',
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'certificate', {
    type: 'mutualTLS',
    description:
      'The certificate of an agent or enforcement point; on the `agents` listener alone.',
  })
  for (const [name, schema] of Object.entries(SCOPE_PARTS)) {
    app.openAPIRegistry.registerComponent('schemas', name, schema)
  }
  for (const row of rows) describeRow(app, row)
  for (const row of open) describePublic(app, row)
  for (const row of OTHER_FACES) describeTold(app, row)
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Writ',
      version: '1',
      description: ABOUT,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [
      { url: 'http://127.0.0.1:9441', description: 'Owners and operators, bearer' },
      { url: 'https://127.0.0.1:9442', description: 'Agents and enforcement points, mTLS' },
    ],
  })
  plainUnions(document)
  addExamples(document)
  return document
}

/** The document as the text of `openapi.yaml`. */
export function documentText(document: Document): string {
  return stringify(document, { lineWidth: 100, aliasDuplicateObjects: false })
}

/** `POST /v1/leases/{id}/renew` is `post_leases_id_renew`. */
function operationId(row: Pick<Row, 'method' | 'path'>): string {
  const words = row.path.replace(/^\/v1/, '').match(/[a-z0-9]+/gi) ?? []
  return [row.method.toLowerCase(), ...words].join('_')
}

function describeRow(app: OpenAPIHono, row: Row): void {
  const { endpoint, who } = row
  const bearer = who.some((kind) => kind !== 'agent' && kind !== 'enforcement')
  const certificate = who.includes('agent') || who.includes('enforcement')
  app.openAPIRegistry.registerPath({
    method: methodOf(row),
    path: row.path,
    operationId: operationId(row),
    summary: endpoint.summary,
    description: `${endpoint.description} For: ${who.join(', ')}.${refusalsText(refusalsOf(row))}`,
    tags: [row.path.split('/')[2] ?? ''],
    security: [...(bearer ? [{ bearer: [] }] : []), ...(certificate ? [{ certificate: [] }] : [])],
    request: requestOf(endpoint),
    responses: { ...successOf(endpoint), ...problemsOf(refusalsOf(row), shownOf(row)) },
  })
}

function describePublic(app: OpenAPIHono, row: PublicRow<PublicParts>): void {
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: row.path,
    operationId: operationId({ method: 'GET', path: row.path }),
    summary: row.summary,
    description: `${row.description} For: anyone.${refusalsText(row.refusals ?? [])}`,
    tags: ['open'],
    security: [],
    ...(row.params === undefined ? {} : { request: { params: row.params } }),
    responses: {
      ...Object.fromEntries(
        row.statuses.map((status) => [
          status,
          {
            description: status === 200 ? 'As asked.' : 'Not ready; the body says why.',
            content: { [row.mediaType]: { schema: row.answer } },
          },
        ]),
      ),
      ...problemsOf(row.refusals ?? []),
    },
  })
}

/** An address whose code is in another face. */
function describeTold(app: OpenAPIHono, row: ToldRow): void {
  const { method, path, tag, summary, description, security, params, form, json, answer } = row
  const schema = form ?? json
  const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded'
  const body = { required: true, content: { [type]: { schema: schema ?? z.unknown() } } }
  const content = answer && { content: { 'application/json': { schema: answer } } }
  const refusals = tag === 'oauth' && method === 'post' ? OAUTH_REFUSALS : problemsOf(row.refusals)
  app.openAPIRegistry.registerPath({
    method,
    path,
    operationId: operationId({ method: method === 'get' ? 'GET' : 'POST', path }),
    summary,
    description: `${description}${refusalsText(row.refusals)}`,
    tags: [tag],
    security: security.map((scheme) => ({ [scheme]: [] })),
    request: { ...(params ? { params } : {}), ...(schema ? { body } : {}) },
    responses: { [row.status]: { description: 'As asked.', ...content }, ...refusals },
  })
}

function methodOf(row: Row): 'get' | 'post' | 'put' | 'patch' | 'delete' | 'options' {
  const methods = {
    GET: 'get',
    POST: 'post',
    PUT: 'put',
    PATCH: 'patch',
    DELETE: 'delete',
    OPTIONS: 'options',
  } as const
  return methods[row.method]
}

const idempotencyHeaders = z.object({
  'Idempotency-Key': z.string().regex(IDEMPOTENCY_KEY).optional(),
})

function requestOf(endpoint: Endpoint) {
  const { params, query, body, idempotency } = endpoint
  return {
    ...(params instanceof z.ZodObject ? { params } : {}),
    ...(query instanceof z.ZodObject ? { query } : {}),
    ...(idempotency === undefined ? {} : { headers: idempotencyHeaders }),
    ...(body === undefined
      ? {}
      : { body: { required: true, content: { 'application/json': { schema: body } } } }),
  }
}

function successOf(endpoint: Endpoint): Responses {
  const { status, answer, asks, idempotency, mediaType } = endpoint
  if (status === 204) return { 204: { description: 'Done.' } }
  const again = {
    replay: ' The same Idempotency-Key and request get the same answer again.',
    once: ' It holds a secret or is not kept: a second try with the key is a conflict.',
  }
  const description = `As asked.${idempotency === undefined ? '' : again[idempotency]}`
  const done = { [status]: { description, content: { [mediaType]: { schema: answer } } } }
  if (!asks) return done
  const content = { 'application/json': { schema: awaitingOut } }
  return { ...done, 202: { description: 'A person has to say yes first.', content } }
}

/** What an operation may refuse, as its description ends. */
function refusalsText(codes: readonly RefusalCode[]): string {
  return codes.length === 0 ? '' : ` Refusals: ${codes.map((code) => `\`${code}\``).join(', ')}.`
}

/** Which refusal an operation shows: the first of its own, or else that of a foreign caller. */
function shownOf(row: Row): RefusalCode {
  const [own] = row.endpoint.refusals
  return own ?? (row.who.length < ANYONE.length ? 'forbidden' : 'malformed')
}

function problemsOf(
  codes: readonly RefusalCode[],
  shown: RefusalCode | undefined = codes[0],
): Responses {
  const statuses = [...new Set(codes.map((code) => refusalEntry(code).http))].sort((a, b) => a - b)
  return Object.fromEntries(
    statuses.map((status) => {
      const here = codes.filter((code) => refusalEntry(code).http === status)
      const description = here.map((code) => `\`${code}\``).join(', ')
      const example = here.find((code) => code === shown)
      const examples = example === undefined ? {} : { examples: exampleOf(example) }
      const content = { 'application/problem+json': { schema: problemOut, ...examples } }
      return [status, { description, content }]
    }),
  )
}
