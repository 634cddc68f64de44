import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Site, startSite } from '../support/leaks/site.ts'
import { formsOf, leaksOf, type Place } from '../support/leaks/spellings.ts'
import { badUpstreams, callEverything, delegateAndHandle } from '../support/leaks/stories/calls.ts'
import { commands, databaseUrls } from '../support/leaks/stories/commands.ts'
import { misplaceEverywhere, misplaceInPolicies } from '../support/leaks/stories/misplaced.ts'
import * as people from '../support/leaks/stories/people.ts'
import { readEverything } from '../support/leaks/stories/reads.ts'

const CONTROL = 'sk_control_0123456789abcdef01234567+/T1~dp7.dc'
/** Places that have to have been looked at, each with so many bytes at least. */
const LOOKED_AT: readonly (readonly [string, number])[] = [
  ['stdout and stderr of the server', 100_000],
  ['messages to webhooks', 500],
  ['answer to owner: GET /v1/audit/export', 50_000],
  ['answer to nobody: GET /metrics', 5_000],
  ['answer to nobody: GET /readyz', 100],
  ['answer to nobody: GET /openapi.json', 50_000],
  ['answer to owner: POST /v1/policy/explain', 100],
  ['answer to planner: POST /bearer/x', 200],
  ['writ doctor: stdout', 200],
  ['writ migrate: stderr', 50],
  ['reports/spans.jsonl', 50_000],
  ['data/writ.db', 4_000],
  ['data/writ.db-wal', 100_000],
]

let site: Site
let places: readonly Place[]
let statuses: readonly number[]

beforeAll(async () => {
  site = await startSite()
  const planner = await site.agent('planner')
  const worker = await site.agent('worker')
  const asking = await site.agent('asking', { approval_mode: 'per_request' })
  for (const { key } of [planner, worker, asking]) {
    site.witness.plant('the key of an agent', people.keyOf(key))
  }
  statuses = await callEverything(site, planner)
  await delegateAndHandle(site, planner, worker)
  await people.letIn(site)
  await people.approvals(site, asking)
  await people.evidence(site, planner)
  await people.alertsAndWebhooks(site, worker)
  await people.rotate(site)
  statuses = [...statuses, ...(await callEverything(site, planner))]
  await badUpstreams(site, planner)
  await Promise.all([commands(site), databaseUrls(site)])
  await misplaceInPolicies(site)
  await misplaceEverywhere(site, planner)
  await readEverything(site, planner)
  site.deployment.child.kill('SIGUSR2')
  await site.deployment.end('SIGHUP')
  site.gather()
  places = site.witness.places()
}, 240_000)
afterAll(() => site?.close())

describe('I12: with a secret in every slot, and everything done and told', () => {
  it('each lies where it belongs and nowhere else, in whatever spelling', () => {
    const strayed = site.witness.planted.flatMap(({ what, secret, places: own }) =>
      leaksOf(secret, places)
        .filter(({ place }) => !own.includes(place))
        .map(({ place, form }) => `${what}: ${place} (${form})`),
    )
    expect([...new Set(strayed)]).toEqual([])
  })

  it('and is found there: calls were answered, secrets used, tokens told once', () => {
    expect(statuses).toEqual(statuses.map(() => 200))
    const missing = site.witness.planted.flatMap(({ what, secret, places: [first] }) => {
      const found = leaksOf(secret, places).map(({ place }) => place)
      return first === undefined || found.includes(first) ? [] : [`${what}: ${first}`]
    })
    expect(missing).toEqual([])
    expect(site.witness.planted.length).toBeGreaterThan(70)
  })

  it.each(LOOKED_AT)('%s was looked at', (name, bytes) => {
    const place = places.find((one) => one.name === name)
    expect(place?.bytes.length ?? 0).toBeGreaterThan(bytes)
  })

  it('the process broke, and what Node wrote of it was looked at', () => {
    const said = places.find(({ name }) => name.startsWith('stdout'))?.bytes.toString() ?? ''
    expect(said).toContain('Error: broken')
    expect(places.some(({ name }) => name.startsWith('reports/'))).toBe(true)
  })
})

describe('the search', () => {
  const log = Buffer.from('{"level":"info","event":"http.request","detail":"')

  it.each(formsOf(CONTROL).map(({ form, bytes }) => [form, bytes] as const))(
    'finds a secret in the clear: %s',
    (_form, bytes) => {
      const place = { name: 'a log', bytes: Buffer.concat([log, bytes, Buffer.from('"}')]) }
      expect(leaksOf(CONTROL, [place])).toMatchObject([{ place: 'a log' }])
    },
  )

  it('finds it in the middle of base64 of more, wherever it begins', () => {
    for (const before of ['', 'a', 'ab', 'abc']) {
      const text = Buffer.from(`${before}${CONTROL} and more`).toString('base64')
      expect(leaksOf(CONTROL, [{ name: 'x', bytes: Buffer.from(text) }])).toHaveLength(1)
    }
  })

  it('finds a part of it, and nothing where there is nothing', () => {
    const part = Buffer.from(CONTROL.slice(9, 37))
    expect(leaksOf(CONTROL, [{ name: 'x', bytes: part }])).toHaveLength(1)
    expect(leaksOf(CONTROL, [{ name: 'x', bytes: log }])).toEqual([])
  })
})
