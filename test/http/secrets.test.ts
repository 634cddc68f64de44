import { afterAll, beforeAll, expect, it } from 'vitest'
import { ROUTES } from '../../src/http/route-table.ts'
import { StoreFault } from '../../src/store/fault.ts'
import { ENROLLMENT_TOKEN } from '../../src/usecases/enrollment/enrollments.ts'
import { exampleOf } from '../support/example-of.ts'
import { type Deployment, openDeployment } from '../support/http.ts'
import { type Cast, castOf } from '../support/http-examples.ts'

const SECRET_LIKE = [
  /eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{40,}/,
  /-----BEGIN/,
  /\bwrit_(owner|operator)_/,
  /\bwrt_/,
  /bearer\s+\S{8}/i,
]

let site: Deployment
let cast: Cast
/** Everything that was secret on the way: tokens sent and answered. */
const secrets = new Set<string>()

beforeAll(async () => {
  site = await openDeployment({ enrollmentTriesMax: 1_000 })
  cast = await castOf(site)
  secrets.add(site.ownerToken)
  secrets.add(cast.planner.credential.key)
  await exercise()
})
afterAll(() => site.close())

/** Every route: asked well, by strangers, with a broken body, with the store away and broken. */
async function exercise(): Promise<void> {
  for (const row of ROUTES) {
    const example = await exampleOf(site, cast, row)
    const ask = example.body === undefined ? {} : { body: example.body }
    collect(JSON.stringify(example.body ?? ''))
    const good = await example.as.ask(row.method, example.path, ask)
    collect(good.text)
    const token = [...secrets].at(-1) ?? ''
    // A wrong invitation is a guess, and some of those block whoever makes them.
    const wrong = token.startsWith(ENROLLMENT_TOKEN) ? site.ownerToken : token
    const headers = { authorization: `Bearer ${wrong}x`, 'x-request-id': token, traceparent: token }
    await site.nobody.ask(row.method, example.path, { ...ask, headers })
    if (row.method !== 'GET') {
      await example.as.ask(row.method, example.path, { raw: `{"${token}":"${token}"` })
    }
    await example.as.ask(row.method, `/v1/${encodeURIComponent(token)}?token=${token}`)
    for (const fault of [new Error(`near ${token}`), new StoreFault('fault', `at ${token}`)]) {
      site.faults.push(fault)
      const seen = await example.as.ask(row.method, example.path, ask)
      expect(seen.text).not.toContain(token)
      // One that was refused before anything was read met no fault.
      site.faults.length = 0
    }
  }
}

function collect(text: string): void {
  for (const [, secret] of text.matchAll(/"token":"([^"]{20,})"/g)) {
    if (secret !== undefined) secrets.add(secret)
  }
}

function expectClean(text: string): void {
  for (const pattern of SECRET_LIKE) expect(pattern.exec(text)?.[0]).toBeUndefined()
  for (const secret of secrets) expect(text.includes(secret)).toBe(false)
}

it('I12: the log of an exercised authority holds nothing like a token or key', () => {
  expect(secrets.size).toBeGreaterThan(6)
  expect(site.lines.length).toBeGreaterThan(ROUTES.length * 5)
  expectClean(site.lines.join(''))
})

it('I12: nor does its audit trail', async () => {
  const seen = await site.owner.ask('GET', '/v1/audit/export')
  const records = seen.text.split('\n').filter((line) => line.includes('"record"'))
  expect(records.length).toBeGreaterThan(20)
  expectClean(records.join('\n'))
})

it('I12: nor do its metrics, nor its lists', async () => {
  expectClean((await site.nobody.ask('GET', '/metrics')).text)
  for (const path of ['/v1/operators', '/v1/keys', '/v1/leases', '/v1/revocations']) {
    expectClean((await site.owner.ask('GET', path)).text)
  }
})

it('names in each line of the log who asked what and what came of it, and no path', () => {
  const requests = site.lines
    .map((line) => JSON.parse(line))
    .filter((l) => l.event === 'http.request')
  const routes = new Set(requests.map(({ route }) => route))
  for (const row of ROUTES) expect(routes).toContain(row.path)
  for (const route of routes)
    expect([...ROUTES.map(({ path }) => path), 'unmatched', '/metrics']).toContain(route)
  for (const line of requests) {
    expect(line.request_id).toMatch(/^req_/)
    expect(line).toMatchObject({ status: expect.any(Number), ms: expect.any(Number) })
  }
})
