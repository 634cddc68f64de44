import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONNECTOR_HEARTBEAT_MS } from '../../src/domain/limits.ts'
import { arrive, waiting } from '../support/enrollment.ts'
import { CONTRACT, type Deployment, openDeployment, type Peer } from '../support/http.ts'

const programOf = (text: string) => createHash('sha256').update(text).digest('base64url')
const ONE = programOf('release 1')
const TWO = programOf('release 2')

let site: Deployment
beforeAll(async () => {
  site = await openDeployment()
})
afterAll(() => site.close())

const beat = (agent: Pick<Peer, 'ask'>, program: string) =>
  agent.ask('POST', '/v1/agents/self/heartbeat', { body: { program } })
const alertsOf = async (uri: string) => {
  const { json } = await site.owner.ask('GET', '/v1/alerts?kind=attestation.mismatch')
  return json.items.filter(({ subject }: { subject: string }) => subject === `agent:${uri}`)
}

describe('LEASH-35: the heartbeat of a connector', () => {
  it('is told when the next one is due, and that the connection stands', async () => {
    const agent = await site.enroll('steady')
    const { status, json } = await beat(agent, ONE)
    expect(status).toBe(200)
    expect(json).toMatchObject({ state: 'active', every_seconds: CONNECTOR_HEARTBEAT_MS / 1_000 })
  })

  it('holds every later one against the program first told, and alerts the owner', async () => {
    const agent = await site.enroll('changing')
    expect((await beat(agent, ONE)).status).toBe(200)
    const other = await beat(agent, TWO)
    expect([other.status, other.json.code]).toEqual([401, 'attestation_failed'])
    expect((await beat(agent, ONE)).status).toBe(200)
    const [alert] = await alertsOf(agent.uri)
    expect(alert.facts).toMatchObject({ mismatch: 'program', program: TWO })
  })

  it('holds them against the program of the registration', async () => {
    const arrival = await arrive('enrolled')
    const { path, guest, collect } = await waiting(site, arrival, { binary_fingerprint: ONE })
    await site.owner.ask('POST', `${path}/approve`, { body: { contract: CONTRACT } })
    const { json } = await guest.ask('POST', `${path}/certificate`, { body: collect })
    const agent = site.peer({ cert: json.certificate, key: arrival.key })
    expect((await beat(agent, TWO)).json.code).toBe('attestation_failed')
    expect((await beat(agent, ONE)).status).toBe(200)
  })

  it('a newer proof of another kind does not make it forget', async () => {
    const agent = await site.enroll('proving')
    await beat(agent, ONE)
    const { json } = await agent.ask('POST', '/v1/nonces')
    const evidence = { method: 'mtls', nonce: json.nonce }
    const attested = await agent.ask('POST', '/v1/agents/self/attestation', { body: { evidence } })
    expect([attested.status, attested.json.program]).toEqual([200, ONE])
    expect((await beat(agent, TWO)).status).toBe(401)
  })

  it('leaves no record when it says what is known', async () => {
    const agent = await site.enroll('quiet')
    await beat(agent, ONE)
    const trail = async () => (await site.owner.ask('GET', '/v1/audit/export')).text
    const before = await trail()
    await beat(agent, ONE)
    expect(await trail()).toBe(before)
  })
})

describe('LEASH-25: the heartbeat of who is', () => {
  it('suspended or revoked is refused by that word', async () => {
    const agent = await site.enroll('ending')
    const subject = `agent:${agent.uri}`
    const record = (effect: string) =>
      site.owner.ask('POST', '/v1/revocations', { body: { subject, effect, reason: 'test' } })
    await record('suspended')
    expect((await beat(agent, ONE)).json.code).toBe('suspended')
    await record('revoked')
    expect((await beat(agent, ONE)).json.code).toBe('revoked')
  })
})
