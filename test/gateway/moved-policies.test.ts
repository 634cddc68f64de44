import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type WatchedPolicies, watchPolicies } from '../../src/policy/source.ts'
import { systemClock } from '../../src/system.ts'
import type { Peer } from '../support/http.ts'
import { freshFolder } from '../support/pki.ts'
import { openProvenSite, type ProvenSite, STREAM } from '../support/proven-site.ts'
import { runningCalls } from '../support/running-calls.ts'

const ALL = `
[[policy]]
name = "all"
match.agents = ["spiffe://acme.example/agent/**"]
allow = "contract"
approval.mode = "auto"
`
/** A rule that stops, or asks about, what one agent does. */
const about = (agent: string, mode: string, more = '') => `
[[policy]]
name = "about-${agent}"
match.agents = ["spiffe://acme.example/agent/${agent}"]
${more}
approval.mode = "${mode}"
`

let folder: string
let policies: WatchedPolicies
let world: ProvenSite
let planner: Peer
let worker: Peer
const running = runningCalls(() => world)

const put = async (...rules: readonly string[]) => {
  writeFileSync(join(folder, 'a.toml'), rules.join('\n'), { mode: 0o600 })
  await policies.reload()
}
const streamOf = async (holder: Peer, how = {}) =>
  running.stream(holder, await world.lease(holder), how)
const socketOf = async (holder: Peer) =>
  running.socket(holder, await world.lease(holder), 'sockets')
/** The upstream says something on all streams it has begun. */
const say = (text: string) => {
  for (const stream of world.streams) stream.write(text)
}

beforeAll(async () => {
  folder = join(freshFolder(), 'policies')
  mkdirSync(folder, { mode: 0o700 })
  writeFileSync(join(folder, 'a.toml'), ALL, { mode: 0o600 })
  const news = { loaded: () => undefined, refused: () => undefined }
  policies = await watchPolicies(folder, { now: () => systemClock.now(), news, pollMs: 60_000 })
  world = await openProvenSite({}, { policies, routes: { sockets: 'websocket = true' } })
  const contract = world.scope() as never
  planner = await world.site.enroll('planner', { contract })
  worker = await world.site.enroll('worker', { contract })
})
afterAll(async () => {
  await world.close()
  await policies.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => put(ALL))
afterEach(() => running.close())

describe('policies are live, also for what is under way', () => {
  it('a stream is cut when a policy of now denies it; the stream of another goes on', async () => {
    const other = await streamOf(worker)
    const stopped = await streamOf(planner)
    await put(ALL, about('planner', 'deny', `match.request = { paths = ["${STREAM}"] }`))
    expect(await stopped.over).toBe('cut')
    const heard = other.hears('more')
    say('more')
    await heard
    await put(about('planner', 'deny'))
    expect(await other.over).toBe('cut')
  })

  it('a WebSocket is closed with the word, and nothing passes from then on', async () => {
    const [stopped, other] = [await socketOf(planner), await socketOf(worker)]
    expect(await stopped.echo('before')).toBe('before')
    await put(ALL, about('planner', 'deny', 'match.actions = ["call"]'))
    expect(await stopped.closed).toEqual([1008, 'policy_denied'])
    expect(await other.echo('still')).toBe('still')
  })

  it('what now waits for people, or for a look at the agent, is closed too', async () => {
    const [asked, looked] = [await socketOf(planner), await socketOf(worker)]

    await put(about('planner', 'prompt', 'allow = "contract"'), about('worker', 'quarantine'))
    expect(await asked.closed).toEqual([1008, 'approval_required'])
    expect(await looked.closed).toEqual([1008, 'quarantined'])
  })

  it('a set that is refused is not in force, and cuts nothing', async () => {
    const goesOn = await socketOf(planner)
    await put(about('planner', 'deny'), 'speed = 1')
    expect(policies.problems()).not.toEqual([])
    expect(await goesOn.echo('still')).toBe('still')
    await put(about('planner', 'deny'))
    expect(await goesOn.closed).toEqual([1008, 'policy_denied'])
  })

  it('rules on a body end a call whose body went on unread, and no call without one', async () => {
    const empty = await streamOf(planner)
    const unread = await streamOf(planner, { method: 'POST', body: '{"a":1}' })
    const port = new URL(world.origin).port
    await put(`
[[policy]]
name = "small"
match.agents = ["spiffe://acme.example/agent/**"]
approval.mode = "auto"
[policy.allow]
schemes = ["http"]
hosts = ["127.0.0.1"]
ports = [${port}]
methods = ["GET", "POST"]
paths = ["/a/**"]
private_net = true
body_constraints = { max_size_bytes = 100 }
`)
    expect(policies.problems()).toEqual([])
    expect(await unread.over).toBe('cut')
    const heard = empty.hears('more')
    say('more')
    await heard
  })
})
