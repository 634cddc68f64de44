import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AgentUri, DEFAULT_TENANT } from '../../src/domain/ids.ts'
import {
  POLICY_ASKED_CHARACTERS_MAX,
  POLICY_FILE_BYTES_MAX,
  POLICY_REPLAY_BYTES_MAX,
  POLICY_REPLAY_EXAMPLES_MAX,
  POLICY_REPLAY_PAGE,
  POLICY_REPLAY_RECORDS_DEFAULT,
  POLICY_REPLAY_RECORDS_MAX,
} from '../../src/domain/limits.ts'
import { refuse } from '../../src/domain/refusal.ts'
import { type WatchedPolicies, watchPolicies } from '../../src/policy/source.ts'
import { type Deployment, NARROW, openDeployment, type Peer } from '../support/http.ts'
import { delegateTo, mintFrom, redemptionOf } from '../support/http-examples.ts'
import { freshFolder } from '../support/pki.ts'

const folder = join(freshFolder(), 'policies')
let policies: WatchedPolicies
let site: Deployment
let planner: Peer
let worker: Peer
let stranger: Peer
let gateway: Peer

const rule = (name: string, agent: string, lines: string): string => `
[[policy]]
name = "${name}"
match.agents = ["spiffe://acme.example/agent/${agent}"]
${lines}
`
const allow = (paths: string, mode = 'auto'): string => `approval.mode = "${mode}"
[policy.allow]
hosts = ["api.github.com"]
methods = ["GET"]
paths = ["${paths}"]
ttl_seconds = 300
max_requests = 7
renewable = true
delegation = { allowed = true, max_depth = 1 }
`
const X = '/repos/acme/x/**'
const BEFORE = [rule('plan', 'planner', allow(X)), rule('work', 'worker', allow(X))].join('')

beforeAll(async () => {
  mkdirSync(folder, { mode: 0o700 })
  writeFileSync(join(folder, 'a.toml'), BEFORE, { mode: 0o600 })
  const news = { loaded: () => undefined, refused: () => undefined }
  const now = () => site.world.clock.now()
  policies = await watchPolicies(folder, {
    now: () => (site === undefined ? (0 as ReturnType<typeof now>) : now()),
    news,
    pollMs: 60_000,
  })
  site = await openDeployment({}, { policies })
  planner = await site.enroll('planner')
  worker = await site.enroll('worker')
  stranger = await site.enroll('stranger')
  gateway = await site.enroll('gate', { role: 'enforcement' })
  await decideOneOfEach()
})
afterAll(async () => {
  await policies.close()
  await site.close()
})

/** One decision of each kind, and two refusals by a policy. */
async function decideOneOfEach(): Promise<void> {
  const opened = await planner.ask('POST', '/v1/leases', { body: { scope: NARROW } })
  const { id } = opened.json
  site.advance(10)
  await planner.ask('POST', `/v1/leases/${id}/renew`, { body: { ttl_seconds: 300 } })
  const token = await delegateTo(planner, id, worker)
  const born = await worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
  expect(born.status, born.text).toBe(201)
  const { token: call } = await mintFrom(planner, id)
  const body = redemptionOf(call, planner)
  expect((await gateway.ask('POST', '/v1/tokens/redeem', { body })).status).toBe(200)
  const post = { ...NARROW, grants: [{ ...NARROW.grants[0], methods: ['GET', 'POST'] }] }
  await planner.ask('POST', '/v1/leases', { body: { scope: post } })
  await stranger.ask('POST', '/v1/leases', { body: { scope: NARROW } })
}

async function replay(text: string, limit?: number) {
  const body = { files: { 'a.toml': text }, ...(limit === undefined ? {} : { limit }) }
  const seen = await site.owner.ask('POST', '/v1/policy/replay', { body })
  expect(seen.status, seen.text).toBe(200)
  return seen.json
}

/** A refusal as the trail has it, with what was asked for. */
async function recordRefusal(asked: string): Promise<void> {
  await site.world.store.decide<never>(async () => ({
    result: refuse('policy_denied'),
    record: {
      event: 'lease.opened',
      outcome: 'policy_denied',
      tenant: DEFAULT_TENANT,
      actor: stranger.uri as AgentUri,
      request: site.world.ids.request(),
      lease: null,
      facts: { asked, contract_version: 1, policy: 'default' },
    },
  }))
}

const changes = (told: {
  changes: { event: string; before: string; after: string; count: number }[]
}) => told.changes.map((one) => `${one.event} ${one.before} ${one.after} ${one.count}`).sort()

describe('CDP-40: a candidate set is held against recorded decisions', () => {
  it('the set they were made under changes none of them', async () => {
    const told = await replay(BEFORE)
    expect(told).toMatchObject({
      version: expect.any(String),
      problems: [],
      decisions: 8,
      unchanged: 8,
      changes: [],
      examples: [],
      unjudged: [],
    })
  })

  it('a set that denies an agent tells every decision of it that would turn', async () => {
    const told = await replay(rule('work', 'worker', allow(X)))
    expect(changes(told)).toEqual([
      'delegation.created allow deny 1',
      'lease.opened allow deny 1',
      'lease.renewed allow deny 1',
      'token.minted allow deny 1',
      'token.redeemed allow deny 1',
    ])
    expect([told.decisions, told.unchanged]).toEqual([8, 3])
    expect(told.examples[0]).toMatchObject({
      event: 'token.redeemed',
      agent: planner.uri,
      asked: 'GET https://api.github.com/repos/acme/x/y',
      before: { effect: 'allow', policy: 'plan' },
      after: { effect: 'deny' },
      record: { chain: expect.any(String), sequence: expect.any(Number) },
    })
  })

  it('a set that allows more tells whose refusals would turn', async () => {
    const wider = `${BEFORE}${rule('new', 'stranger', 'approval.mode = "auto"\nallow = "contract"')}`
    const told = await replay(wider.replace('["GET"]', '["GET", "POST"]'))
    expect(changes(told)).toEqual(['lease.opened deny allow 2'])
    expect(told.examples.map((one: { after: object }) => one.after)).toEqual([
      { effect: 'allow', policy: 'new' },
      { effect: 'allow', policy: 'plan' },
    ])
  })

  it('a set that asks people tells what would wait for them', async () => {
    const told = await replay(BEFORE.replace('mode = "auto"', 'mode = "prompt"'))
    expect(changes(told)).toContain('lease.opened allow require_approval 1')
    // Whether people had said yes to the token of the call, its record does not tell.
    expect(told.unjudged).toContainEqual({
      event: 'token.redeemed',
      why: 'could_be_either',
      count: 1,
    })
  })

  it('quarantine of one path is told for the call that went there', async () => {
    const stop = `
[[policy]]
name = "stop"
approval.mode = "quarantine"
[policy.match]
actions = ["call"]
request = { hosts = ["api.github.com"], paths = ["/repos/acme/x/y"] }
`
    expect(changes(await replay(`${BEFORE}${stop}`))).toEqual(['token.redeemed allow quarantine 1'])
  })

  it('says what can not be known: a call is recorded without its query', async () => {
    const blind = BEFORE.replace(`paths = ["${X}"]`, `paths = ["${X}"]\nquery = "none"`)
    const told = await replay(blind)
    expect(told.unjudged).toContainEqual({
      event: 'token.redeemed',
      why: 'could_be_either',
      count: 1,
    })
  })

  it('says which decisions were made under a contract that has moved on', async () => {
    const other = await site.enroll('other')
    await other.ask('POST', '/v1/leases', { body: { scope: NARROW } })
    const { contract } = (await site.owner.ask('GET', '/v1/agents/other')).json
    const moved = await site.owner.ask('PUT', '/v1/agents/other/contract', { body: { contract } })
    expect(moved.status, moved.text).toBe(200)
    const told = await replay(BEFORE)
    expect(told.unjudged).toEqual([{ event: 'lease.opened', why: 'contract_moved', count: 1 }])
  })

  it('reads no more records than it is asked to, the newest first', async () => {
    const told = await replay(BEFORE, 3)
    expect(told.records).toBe(3)
    expect(told.decisions).toBeLessThan(3)
  })

  it('changes nothing, and records nothing', async () => {
    const count = async () =>
      (await site.owner.ask('GET', '/v1/audit?limit=1000')).json.items.length
    const before = await count()
    await replay('[[policy]]\nname = "stop"\nmatch = "any"\napproval.mode = "deny"\n')
    expect(await count()).toBe(before)
    expect(policies.current().rules.map(({ name }) => name)).toEqual(['plan', 'work'])
  })

  it('a candidate with anything wrong in it is held against nothing', async () => {
    const told = await replay('[[policy]]\nname = "b"\nspeed = 1\n')
    expect(told).toMatchObject({
      version: null,
      records: 0,
      problems: [{ file: 'a.toml', line: 3, reason: 'speed: no such member' }],
    })
  })

  it('tells POLICY_REPLAY_EXAMPLES_MAX examples, however many pages of records it reads', async () => {
    const refused = POLICY_REPLAY_PAGE + POLICY_REPLAY_EXAMPLES_MAX
    for (let n = 0; n < refused; n += 1)
      await recordRefusal(JSON.stringify({ grants: NARROW.grants }))
    await recordRefusal('#'.repeat(POLICY_ASKED_CHARACTERS_MAX))
    expect(POLICY_REPLAY_RECORDS_DEFAULT).toBeGreaterThan(refused)
    const told = await replay(rule('new', 'stranger', 'approval.mode = "auto"\nallow = "contract"'))
    expect(told.examples).toHaveLength(POLICY_REPLAY_EXAMPLES_MAX)
    expect(changes(told)).toContain(`lease.opened deny allow ${refused + 1}`)
    const why = 'not_recorded'
    expect(told.unjudged).toContainEqual({ event: 'lease.opened', why, count: 1 })
  })

  it('is for people, and bounded', async () => {
    const ask = (files: object) => ({ body: { files } })
    const path = '/v1/policy/replay'
    expect((await planner.ask('POST', path, ask({ 'a.toml': BEFORE }))).status).toBe(403)
    const up = await site.owner.ask('POST', path, ask({ '../a.toml': BEFORE }))
    expect(up.json.code).toBe('malformed')
    const refused = async (body: object) => (await site.owner.ask('POST', path, { body })).json.code
    const files = { 'a.toml': BEFORE }
    expect(await refused({ files: { 'a.toml': '#'.repeat(POLICY_FILE_BYTES_MAX + 1) } })).toBe(
      'malformed',
    )
    expect(await refused({ files, limit: POLICY_REPLAY_RECORDS_MAX + 1 })).toBe('malformed')
    const many = Array.from({ length: POLICY_REPLAY_BYTES_MAX / 1024 }, (_, n) => [
      `f${n}.toml`,
      '#'.repeat(1024),
    ])
    expect(await refused({ files: Object.fromEntries(many) })).toBe('too_large')
  })
})
