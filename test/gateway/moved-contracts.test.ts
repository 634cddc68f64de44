import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { timeText } from '../../src/listener/time-text.ts'
import type { Peer } from '../support/http.ts'
import { openProvenSite, type ProvenSite, STREAM } from '../support/proven-site.ts'
import { type RunningStream, runningCalls } from '../support/running-calls.ts'

let world: ProvenSite
let planner: Peer
let worker: Peer
/** Routes beside `up`. */
const KEYED = {
  sockets: 'websocket = true',
  keyed: 'websocket = true\ncredential = "github"',
}
const running = runningCalls(() => world)

beforeAll(async () => {
  world = await openProvenSite({}, { routes: KEYED })
  const contract = { ...world.scope(), delegation: ANY } as never
  planner = await world.site.enroll('planner', { contract })
  worker = await world.site.enroll('worker', { contract })
})
afterAll(() => world.close())
afterEach(async () => {
  await running.close()
  for (const name of ['planner', 'worker']) await setContract(name)
})

const ANY = { allowed: true, delegates: ['spiffe://acme.example/agent/**'] }

/** Sets the contract of an agent anew, whole unless told otherwise. */
async function setContract(name: string, change: object = {}, terms: object = {}) {
  const contract = { ...world.scope(), delegation: ANY, ...change }
  const body = { contract, terms: { expires_at: null, ...terms } }
  const seen = await world.site.owner.ask('PUT', `/v1/agents/${name}/contract`, { body })
  if (seen.status !== 200) throw new Error(seen.text)
}

/** The grants of the contract, on other paths. */
function onPaths(...paths: readonly string[]): object {
  const { grants } = world.scope() as { grants: readonly object[] }
  return { grants: grants.map((grant) => ({ ...grant, paths })) }
}

/** A lease of the worker's below one of the planner's; answers its id. */
async function passedOn(): Promise<string> {
  const scope = { ...world.scope(), delegation: ANY }
  const root = await planner.ask('POST', '/v1/leases', { body: { scope } })
  const { limits: _, ...part } = world.scope() as { limits: object }
  const body = { lease_id: root.json.id, delegate: worker.uri, scope: part }
  const { token } = (await planner.ask('POST', '/v1/delegations', { body })).json
  const child = await worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
  return child.json.id
}

/** Whether a stream still gets what its upstream says. */
async function goesOn(stream: RunningStream): Promise<void> {
  const heard = stream.hears('more')
  for (const one of world.streams) one.write('more '.repeat(200))
  await heard
}

describe('contracts are live, also for an answer that is under way', () => {
  it('is cut when the contract of its holder no longer covers it', async () => {
    const { over } = await running.stream(planner, await world.lease(planner))
    await setContract('planner', onPaths('/a/other/*'))
    expect(await over).toBe('cut')
  })

  it('is cut when that of a holder above no longer does', async () => {
    const { over } = await running.stream(worker, await passedOn())
    await setContract('planner', onPaths('/a/other/*'))
    expect(await over).toBe('cut')
  })

  it('goes on under one that moved and still covers it', async () => {
    const kept = await running.stream(planner, await world.lease(planner))
    const other = await running.socket(planner, await world.lease(planner), 'sockets')
    await setContract('planner', onPaths(STREAM, '/a/other/*'))
    expect(await other.closed).toEqual([1008, 'scope_not_granted'])
    await goesOn(kept)
    await setContract('planner', onPaths('/a/other/*'))
    expect(await kept.over).toBe('cut')
  })

  it('ends with the new end of a contract', async () => {
    const { over } = await running.stream(planner, await world.lease(planner))
    const ends = world.site.world.store.now() + 2
    await setContract('planner', {}, { expires_at: timeText(ends as never) })
    expect(await over).toBe('cut')
    expect(world.site.world.store.now()).toBeGreaterThanOrEqual(ends)
  })
})

describe('terms about credentials are live for the calls that carry one', () => {
  const setTerms = (name: string, terms: object) =>
    setContract(name, {}, { categories: ['api_key'], ...terms })
  const keyed = (holder: Peer, lease: string) => running.socket(holder, lease, 'keyed')

  beforeAll(async () => {
    const [origins, fields] = [[world.origin], { value: 'sk_live_canary_moved_0001' }]
    const body = { name: 'github', kind: 'bearer', category: 'api_key', origins, fields }
    const made = await world.site.owner.ask('POST', '/v1/credentials', { body })
    if (made.status !== 201) throw new Error(made.text)
  })

  it.each([
    ['its name is not among them any more', { credentials: ['gitlab', 'github/**'] }],
    ['its category is not', { categories: ['database'] }],
    ['no category is', { categories: [] }],
    ['its environment is not', { environments: ['staging'] }],
  ])('a call is cut when %s; one without a credential goes on', async (_what, terms) => {
    await setTerms('planner', {})
    const bare = await running.stream(planner, await world.lease(planner))
    const stopped = await keyed(planner, await world.lease(planner))
    await setTerms('planner', terms)
    expect(await stopped.closed).toEqual([1008, 'credential_not_permitted'])
    await goesOn(bare)
  })

  it('a call is cut when those of a holder above do not allow it any more', async () => {
    for (const name of ['planner', 'worker']) await setTerms(name, {})
    const stopped = await keyed(worker, await passedOn())
    await setTerms('planner', { credentials: ['gitlab'] })
    expect(await stopped.closed).toEqual([1008, 'credential_not_permitted'])
  })

  it('a call goes on under terms that moved and still allow it', async () => {
    await setTerms('planner', {})
    const how = { route: 'keyed' }
    const kept = await running.stream(planner, await world.lease(planner), how)
    await setTerms('planner', { credentials: ['github'], environments: ['production'] })
    await goesOn(kept)
    await setTerms('planner', { credentials: [] })
    expect(await kept.over).toBe('cut')
  })
})
