import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BODY_BYTES_MAX, ENROLLMENT_SECONDS_MAX } from '../../src/domain/limits.ts'
import type { Row } from '../../src/http/pipeline.ts'
import { ROUTES } from '../../src/http/route-table.ts'
import { arrive, invite, waiting } from '../support/enrollment.ts'
import { exampleOf } from '../support/example-of.ts'
import { type Asker, type Deployment, openDeployment, type Seen } from '../support/http.ts'
import { type Cast, castOf, type Example } from '../support/http-examples.ts'

let site: Deployment
let cast: Cast
let arriving: { readonly newcomer: Asker; readonly registrant: Asker }

beforeAll(async () => {
  site = await openDeployment({ enrollmentTriesMax: 10_000 })
  cast = await castOf(site)
  const { guest: registrant } = await waiting(site, await arrive('registrant'))
  const { guest: newcomer } = await invite(site, ENROLLMENT_SECONDS_MAX)
  arriving = { newcomer, registrant }
})
afterAll(() => site.close())

const nameOf = (row: Row) => `${row.method} ${row.path}`
const table = (rows: readonly Row[]) => rows.map((row) => [nameOf(row), row] as const)
const withBody = ROUTES.filter((row) => row.endpoint.body !== undefined)
const withParams = ROUTES.filter((row) => row.endpoint.params !== undefined)

/** Everybody with a credential, by kind. */
function everybody(): readonly (readonly [Row['who'][number], Asker])[] {
  return [
    ['owner', site.owner],
    ['operator', site.operator],
    ['agent', cast.planner],
    ['enforcement', cast.gateway],
    ['newcomer', arriving.newcomer],
    ['registrant', arriving.registrant],
  ]
}

async function sendRaw(row: Row, example: Example, raw: string): Promise<Seen> {
  return example.as.ask(row.method, example.path, { raw })
}

describe.each(table(ROUTES))('%s', (_, row) => {
  it('says 403 forbidden to exactly those who may not ask', async () => {
    const example = await exampleOf(site, cast, row)
    const ask = example.body === undefined ? {} : { body: example.body }
    for (const [kind, asker] of everybody()) {
      if (row.who.includes(kind)) continue
      const seen = await asker.ask(row.method, example.path, ask)
      expect([kind, seen.status, seen.json.code]).toEqual([kind, 403, 'forbidden'])
    }
  })

  it('says 405 with what it takes to another method', async () => {
    const example = await exampleOf(site, cast, row)
    const seen = await example.as.ask('OPTIONS', example.path)
    expect([seen.status, seen.json.code]).toEqual([405, 'method_not_allowed'])
    expect(String(seen.headers['allow']).split(', ')).toContain(row.method)
  })

  it('refuses a query it does not read, and a name that stands twice', async () => {
    const example = await exampleOf(site, cast, row)
    for (const query of ['?surplus=1', '?limit=1&limit=1', '?__proto__=1']) {
      const ask = example.body === undefined ? {} : { body: example.body }
      const seen = await example.as.ask(row.method, `${example.path}${query}`, ask)
      expect([query, seen.status, seen.json.code]).toEqual([query, 400, 'malformed'])
    }
  })
})

describe.each(table(withBody))('the body of %s', (_, row) => {
  it('is refused with an unknown member, by its pointer', async () => {
    const example = await exampleOf(site, cast, row)
    const seen = await sendRaw(
      row,
      example,
      JSON.stringify({ ...Object(example.body), surplus: 1 }),
    )
    expect([seen.status, seen.json.code]).toEqual([400, 'malformed'])
    expect(seen.json.reasons).toContainEqual({
      pointer: '/surplus',
      code: 'malformed',
      detail: 'There is no such member.',
    })
  })

  it('is refused with the member __proto__, like any other it does not know', async () => {
    const example = await exampleOf(site, cast, row)
    const rest = JSON.stringify(example.body).slice(1)
    const seen = await sendRaw(row, example, `{"__proto__":{"a":1},${rest}`)
    expect([seen.status, seen.json.code]).toEqual([400, 'malformed'])
  })

  it('is refused with a member twice, before anything is read of it', async () => {
    const example = await exampleOf(site, cast, row)
    const [name = ''] = Object.keys(Object(example.body))
    const rest = JSON.stringify(example.body).slice(1)
    const seen = await sendRaw(row, example, `{"${name}":null,${rest}`)
    expect([seen.status, seen.json.reasons.length]).toEqual([400, 1])
    expect(seen.json.reasons[0].pointer).toBe(`/${name}`)
  })

  it('is refused when it is no object, or something follows it', async () => {
    const example = await exampleOf(site, cast, row)
    for (const raw of ['', 'null', '[]', '"x"', `${JSON.stringify(example.body)}{}`, '{"a"']) {
      const seen = await sendRaw(row, example, raw)
      expect([raw, seen.status, seen.json.code]).toEqual([raw, 400, 'malformed'])
    }
  })

  it('is refused without each member it needs', async () => {
    // A poll for events needs none (RFC 8936 §2.2).
    if (row.endpoint.body?.safeParse({}).success) return
    const example = await exampleOf(site, cast, row)
    const seen = await sendRaw(row, example, '{}')
    expect([seen.status, seen.json.code]).toEqual([400, 'malformed'])
    expect(seen.json.reasons.length).toBeGreaterThan(0)
  })

  it('is refused when it is too large or not JSON by its type', async () => {
    const example = await exampleOf(site, cast, row)
    const large = await sendRaw(
      row,
      example,
      `"${'x'.repeat(row.endpoint.bodyBytesMax ?? BODY_BYTES_MAX)}"`,
    )
    expect([large.status, large.json.code]).toEqual([413, 'too_large'])
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/json-seq',
    ]) {
      const ask = { body: example.body, headers: { 'content-type': type } }
      const seen = await example.as.ask(row.method, example.path, ask)
      expect([type, seen.status, seen.json.code]).toEqual([type, 415, 'media_type'])
    }
  })
})

describe.each(table(withParams))('the address %s', (_, row) => {
  it('is not found when its parameter has another form', async () => {
    const example = await exampleOf(site, cast, row)
    const wrong = ['%00', '..%2F..', '%E0%A4%A', 'a%2Fb', `${'x'.repeat(3000)}`]
    for (const value of wrong) {
      const path = row.path.replace(/\{[a-z]+\}/, value)
      const ask = example.body === undefined ? {} : { body: example.body }
      const seen = await example.as.ask(row.method, path, ask)
      expect([value.slice(0, 10), seen.status, seen.json.code]).toEqual([
        value.slice(0, 10),
        404,
        'not_found',
      ])
    }
  })
})

describe('an address that is in no table', () => {
  it.each([
    '/',
    '/v1',
    '/v1/',
    '/v1/leases/',
    '//v1/leases',
    '/v1//leases',
    '/V1/leases',
    '/v2/leases',
  ])('is not found: %s', async (path) => {
    const seen = await site.owner.ask('GET', path)
    expect([seen.status, seen.json.code]).toEqual([404, 'not_found'])
  })

  it('is not found at the mTLS listener either, nor is what is open to people', async () => {
    for (const path of ['/metrics', '/openapi.yaml', '/openapi.json', '/v1/../metrics']) {
      expect((await cast.planner.ask('GET', path)).status).toBe(404)
    }
  })

  it('but health and published keys are open to whoever has a certificate', async () => {
    for (const path of ['/healthz', '/readyz', '/.well-known/jwks.json']) {
      const seen = await cast.planner.ask('GET', path)
      expect([path, seen.status, seen.json]).toEqual([path, 200, expect.any(Object)])
    }
    const keys = await cast.gateway.ask('GET', '/.well-known/jwks.json')
    expect(keys.json).toEqual(site.world.keys.jwks())
  })
})
