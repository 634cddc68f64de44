import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { timeText } from '../../src/listener/time-text.ts'
import type { Peer } from '../support/http.ts'
import { openProvenSite, type ProvenSite, STREAM } from '../support/proven-site.ts'

let world: ProvenSite
let planner: Peer
let worker: Peer
const clients: Agent[] = []

beforeAll(async () => {
  world = await openProvenSite()
  const contract = { ...world.scope(), delegation: ANY } as never
  planner = await world.site.enroll('planner', { contract })
  worker = await world.site.enroll('worker', { contract })
})
afterAll(() => world.close())
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.destroy()))
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

/** Opens a stream of an agent's lease; answers whether it was cut within some time. */
async function openStream(holder: Peer, lease: string) {
  const minted = await world.mint(holder, lease)
  const { cert = '', key = '' } = holder.credential ?? {}
  const client = new Agent({ connect: { ca: world.site.rootPem, cert, key } })
  clients.push(client)
  const { body, statusCode } = await request(`${world.gateway}/up${STREAM}`, {
    dispatcher: client,
    headers: { authorization: `Bearer ${minted.json.tokens[0].token}` },
  })
  expect(statusCode).toBe(200)
  const over = (async () => {
    for await (const _ of body);
  })().then(
    () => 'ended',
    () => 'cut',
  )
  return (ms: number) => Promise.race([over, pause(ms, 'runs')])
}

describe('contracts are live, also for an answer that is under way', () => {
  it('is cut when the contract of its holder no longer covers it', async () => {
    const within = await openStream(planner, await world.lease(planner))
    await setContract('planner', onPaths('/a/other/*'))
    expect(await within(2_000)).toBe('cut')
  })

  it('is cut when that of a holder above no longer does', async () => {
    const scope = { ...world.scope(), delegation: ANY }
    const root = await planner.ask('POST', '/v1/leases', { body: { scope } })
    const passedOn = { lease_id: root.json.id, delegate: worker.uri, scope: world.scope() }
    const { limits: _, ...part } = passedOn.scope as { limits: object }
    const body = { ...passedOn, scope: part }
    const { token } = (await planner.ask('POST', '/v1/delegations', { body })).json
    const child = await worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
    const within = await openStream(worker, child.json.id)
    await setContract('planner', onPaths('/a/other/*'))
    expect(await within(2_000)).toBe('cut')
  })

  it('goes on under one that moved and still covers it', async () => {
    const within = await openStream(planner, await world.lease(planner))
    await setContract('planner', onPaths(STREAM, '/a/other/*'))
    expect(await within(500)).toBe('runs')
    await setContract('planner', onPaths('/a/other/*'))
    expect(await within(2_000)).toBe('cut')
  })

  it('ends with the new end of a contract', async () => {
    const within = await openStream(planner, await world.lease(planner))
    const end = timeText((world.site.world.store.now() + 2) as never)
    await setContract('planner', {}, { expires_at: end })
    expect(await within(200)).toBe('runs')
    expect(await within(5_000)).toBe('cut')
  })
})
