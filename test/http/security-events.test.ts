import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REVOCATION_LOG_SECONDS } from '../../src/domain/limits.ts'
import { verifyRevocationFrame } from '../../src/token/revocation-frame.ts'
import {
  type Asker,
  CONTRACT,
  type Deployment,
  openDeployment,
  type Peer,
  type Seen,
} from '../support/http.ts'

let site: Deployment
let gateway: Peer

beforeAll(async () => {
  site = await openDeployment()
  gateway = await site.enroll('gate', { role: 'enforcement' })
})
afterAll(() => site.close())

async function poll(body: object = {}, as: Asker = gateway): Promise<Seen> {
  const seen = await as.ask('POST', '/v1/security-events', { body })
  expect([seen.status, seen.text]).toEqual([200, seen.text])
  return seen
}

async function revoke(subject: string, effect = 'revoked'): Promise<void> {
  const body = { subject, effect, reason: 'a stolen laptop' }
  expect((await site.owner.ask('POST', '/v1/revocations', { body })).status).toBe(201)
}

/** Starts a receiver at the head of now. */
async function receiver(name: string): Promise<Peer> {
  const peer = await site.enroll(name, { role: 'enforcement' })
  expect((await poll({}, peer)).json).toEqual({ sets: {}, moreAvailable: false })
  return peer
}

async function read(set: string) {
  const keys = createLocalJWKSet(site.world.keys.jwks())
  return (await jwtVerify(set, keys, { issuer: site.world.issuer, typ: 'secevent+jwt' })).payload
}

async function told(seen: Seen): Promise<string[]> {
  const sets = await Promise.all(Object.values<string>(seen.json.sets).map(read))
  return sets.map(({ sub_id, events }) => {
    return `${JSON.stringify(sub_id)} ${Object.keys(events as object).join()}`
  })
}

describe('security events', () => {
  const session = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked'

  it('are signed SETs of one event each: RFC 8417, with the word of CAEP for an end', async () => {
    const peer = await receiver('gate-shape')
    await revoke('principal:carol')
    const { sets, moreAvailable } = (await poll({}, peer)).json
    expect(moreAvailable).toBe(false)
    const [[jti, set] = ['', '']] = Object.entries<string>(sets)
    expect(decodeProtectedHeader(set).typ).toBe('secevent+jwt')
    const now = site.world.clock.now()
    const payload = await read(set)
    expect(payload).toEqual({
      iss: site.world.issuer,
      jti,
      iat: expect.any(Number),
      aud: peer.uri,
      sub_id: { format: 'complex', user: { format: 'opaque', id: 'carol' } },
      events: {
        [session]: {
          event_timestamp: expect.any(Number),
          reason_admin: { en: 'a stolen laptop' },
        },
      },
    })
    expect(payload.iat).toBeLessThanOrEqual(now + 1)
    const { keys, issuer } = site.world
    const frame = await verifyRevocationFrame(set, { keys, issuer })
    expect(frame).toMatchObject({ refusal: { code: 'token_kind' } })
  })

  it('tell of every change in its order, each with a subject identifier of its kind', async () => {
    const peer = await receiver('gate-kinds')
    const worker = await site.enroll('worker')
    const opened = await worker.ask('POST', '/v1/leases', { body: { scope: CONTRACT } })
    const lease = opened.json.id
    await revoke(`agent:${worker.uri}`, 'suspended')
    await site.owner.ask('DELETE', `/v1/revocations/${encodeURIComponent(`agent:${worker.uri}`)}`)
    await worker.ask('POST', `/v1/leases/${lease}/release`)
    await site.owner.ask('PUT', '/v1/agents/worker/contract', { body: { contract: CONTRACT } })
    await revoke(`certificate:${worker.thumbprint}`)
    const agent = JSON.stringify({ format: 'uri', uri: worker.uri })
    const held = { format: 'complex', session: { format: 'opaque', id: lease } }
    expect(await told(await poll({}, peer))).toEqual([
      `${agent} urn:writ:event:suspended`,
      `${agent} urn:writ:event:lifted`,
      `${JSON.stringify(held)} ${session}`,
      `${agent} urn:writ:event:contract-moved`,
      `{"format":"opaque","id":"certificate:${worker.thumbprint}"} ${session}`,
    ])
  })

  it('come again until they are acknowledged, and not after; an error is an answer too', async () => {
    const peer = await receiver('gate-acks')
    for (const name of ['a', 'b', 'c']) await revoke(`principal:acks-${name}`)
    const first = await poll({ maxEvents: 2 }, peer)
    expect(first.json.moreAvailable).toBe(true)
    const [a = '', b = ''] = Object.keys(first.json.sets)
    const again = await poll({}, peer)
    const [, , c = ''] = Object.keys(again.json.sets)
    expect(Object.keys(again.json.sets)).toEqual([a, b, c])
    const outOfOrder = await poll({ ack: [b] }, peer)
    expect(Object.keys(outOfOrder.json.sets)).toEqual([a, b, c])
    const some = await poll({ ack: [a], maxEvents: 0 }, peer)
    expect(some.json).toEqual({ sets: {}, moreAvailable: true })
    expect(Object.keys((await poll({}, peer)).json.sets)).toEqual([b, c])
    const setErrs = { [b]: { err: 'authentication_failed', description: 'unknown key' } }
    expect((await poll({ ack: [c], setErrs }, peer)).json).toEqual({
      sets: {},
      moreAvailable: false,
    })
    expect((await poll({ ack: [a, b, c] }, peer)).json.sets).toEqual({})
  })

  it('are of each receiver alone: its ids, its place', async () => {
    const [one, two] = [await receiver('gate-one'), await receiver('gate-two')]
    await revoke('principal:both')
    const [first, second] = [await poll({}, one), await poll({}, two)]
    const [jti = ''] = Object.keys(first.json.sets)
    expect(Object.keys(second.json.sets)).not.toContain(jti)
    await poll({ ack: [jti] }, two)
    expect(Object.keys((await poll({}, two)).json.sets)).toHaveLength(1)
  })

  it('I10: an acknowledgement has its record', async () => {
    const peer = await receiver('gate-record')
    const rows = await site.owner.ask('GET', '/v1/audit?limit=200')
    const records = rows.json.items.map(({ body }: { body: string }) => JSON.parse(body))
    const own = records.filter((record: { actor: string }) => record.actor === peer.uri)
    expect(own.map(({ event }: { event: string }) => event)).toEqual(['events.acknowledged'])
  })

  it('are not for agents, and what is no poll is malformed', async () => {
    const agent = await site.enroll('no-receiver')
    expect((await agent.ask('POST', '/v1/security-events', { body: {} })).status).toBe(403)
    for (const body of [{ maxEvents: -1 }, { ack: 'x' }, { ack: [''] }, { wait: true }]) {
      expect((await gateway.ask('POST', '/v1/security-events', { body })).status).toBe(400)
    }
  })

  it('who was away for longer than the log is kept is told that it missed some, and goes on', async () => {
    expect((await poll({}, site.operator)).json.sets).toEqual({})
    await revoke('principal:old-1')
    await revoke('principal:old-2')
    site.advance(REVOCATION_LOG_SECONDS + 60)
    await revoke('principal:new')
    await site.world.store.sweep()
    const seen = await poll({}, site.operator)
    expect(await told(seen)).toEqual([
      '{"format":"complex","tenant":{"format":"opaque","id":"default"}} urn:writ:event:missed',
    ])
    await revoke('principal:between')
    const after = await poll({ ack: Object.keys(seen.json.sets) }, site.operator)
    expect(await told(after)).toEqual([expect.stringContaining('"id":"between"')])
    expect(after.json.moreAvailable).toBe(false)
    await poll({ ack: Object.keys(after.json.sets) }, site.operator)
    await revoke('principal:newer')
    expect(Object.keys((await poll({}, site.operator)).json.sets)).toHaveLength(1)
  })
})
