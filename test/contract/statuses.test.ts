import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BODY_BYTES_MAX } from '../../src/domain/limits.ts'
import { refusalEntry } from '../../src/domain/refusal.ts'
import { buildDocument, refusalsOf } from '../../src/http/document.ts'
import type { Row } from '../../src/http/pipeline.ts'
import { ROUTES } from '../../src/http/route-table.ts'
import { awaitingOut } from '../../src/http/schemas/approvals.ts'
import { problemOut } from '../../src/http/schemas/problem.ts'
import { StoreFault } from '../../src/store/fault.ts'
import { actionAnswered } from '../support/action-examples.ts'
import { askedFirst } from '../support/approvals.ts'
import { exampleOf, missingAt } from '../support/example-of.ts'
import { type Asker, type Deployment, openDeployment, type Seen } from '../support/http.ts'
import {
  type Cast,
  castOf,
  type Example,
  mintFrom,
  openLease,
  redemptionOf,
} from '../support/http-examples.ts'

let site: Deployment
let cast: Cast
let strict: Deployment

beforeAll(async () => {
  site = await openDeployment({ enrollmentTriesMax: 10_000 })
  cast = await castOf(site)
  strict = await openDeployment({ strangerRequestsPerMinute: 0 })
})
afterAll(async () => {
  await site.close()
  await strict.close()
})

const document = buildDocument(ROUTES, [])

function declaredOf(row: Row): readonly number[] {
  const method = row.method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete'
  const operation = document.paths?.[row.path]?.[method]
  return Object.keys(operation?.responses ?? {}).map(Number)
}

const nameOf = (row: Row) => `${row.method} ${row.path}`

async function send(row: Row, example: Example, as: Asker = example.as): Promise<Seen> {
  return as.ask(row.method, example.path, example.body === undefined ? {} : { body: example.body })
}

/** Somebody with a credential that the row does not take. */
function wrongAsker(row: Row): Asker {
  if (!row.who.includes('operator')) return site.operator
  return row.who.includes('agent') ? cast.gateway : cast.planner
}

async function conflicting(row: Row): Promise<Seen> {
  if (row.endpoint.idempotency === undefined) {
    return site.owner.ask('DELETE', '/v1/operators/owner')
  }
  const first = await exampleOf(site, cast, row)
  const headers = { 'idempotency-key': `statuses ${nameOf(row)}`.replaceAll(' ', '-') }
  await first.as.ask(row.method, first.path, { body: first.body, headers })
  const raw = `${JSON.stringify(first.body)} `
  return first.as.ask(row.method, first.path, { raw, headers })
}

/** A call that costs more than its lease has. */
async function overdrawn(): Promise<Example> {
  const { planner, gateway } = cast
  const lease = await openLease(planner, { budgets: [{ unit: 'USD', decimals: 2, amount: 1 }] })
  const { token } = await mintFrom(planner, lease)
  const body = redemptionOf(token, planner, [{ unit: 'USD', decimals: 2, amount: 2 }])
  return { as: gateway, path: '/v1/tokens/redeem', body }
}

async function elicit(row: Row, status: number): Promise<Seen> {
  if (status === 404) return send(row, await missingAt(site, cast, row))
  if (status === 409) return conflicting(row)
  const action = row.path === '/v1/actions' ? await actionAnswered(site, status) : undefined
  if (action !== undefined) return send(row, action)
  if (status === 202) return askedFirst(site, cast, row)
  const good = await exampleOf(site, cast, row)
  const path = good.path
  const bytesMax = row.endpoint.bodyBytesMax ?? BODY_BYTES_MAX
  switch (status) {
    case 400:
      return send(row, { ...good, path: `${path}?surplus=1` })
    case 401:
      return send(row, good, site.nobody)
    case 402:
      return send(row, await overdrawn())
    case 403:
      return send(row, good, wrongAsker(row))
    case 413:
      return good.as.ask(row.method, path, { raw: ' '.repeat(bytesMax + 1) })
    case 415:
      return good.as.ask(row.method, path, { raw: '{}', headers: { 'content-type': 'text/plain' } })
    case 429:
      return send(row, good, strict.nobody)
    case 500:
      site.faults.push(new Error('broken on purpose'))
      return send(row, good)
    case 503:
      site.faults.push(new StoreFault('status_unknown', 'away on purpose'))
      return send(row, good)
    default:
      return send(row, good)
  }
}

function expectAnswer(row: Row, seen: Seen): void {
  if (seen.status === 204) {
    expect(seen.text).toBe('')
    return
  }
  expect(seen.headers['content-type']).toBe(row.endpoint.mediaType)
  const answer = seen.status === 202 ? awaitingOut : row.endpoint.answer
  if (seen.json !== undefined) answer.parse(seen.json)
}

describe.each(ROUTES.map((row) => [nameOf(row), row] as const))('%s', (_, row) => {
  it.each(declaredOf(row))('answers the declared %i as declared', async (status) => {
    const seen = await elicit(row, status)
    expect([seen.status, seen.text.slice(0, 400)]).toEqual([status, expect.anything()])
    expect(site.faults).toEqual([])
    expect(seen.headers['x-request-id']).toMatch(/^req_/)
    if (status < 300) return expectAnswer(row, seen)
    expect(seen.headers['content-type']).toBe('application/problem+json')
    const problem = problemOut.parse(seen.json)
    expect(refusalsOf(row)).toContain(problem.code)
    expect(refusalEntry(problem.code).http).toBe(status)
    expect(seen.headers['writ-refusal']).toBe(problem.code)
    expect(seen.headers['x-request-id']).toBe(problem.request_id)
  })
})
