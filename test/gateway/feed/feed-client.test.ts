import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { FeedFrame } from '../../../src/domain/feed.ts'
import { DEFAULT_TENANT } from '../../../src/domain/ids.ts'
import { FEED_SILENCE_MS } from '../../../src/domain/limits.ts'
import type { RevocationSubject } from '../../../src/domain/revocation.ts'
import { epochSeconds } from '../../../src/domain/time.ts'
import type { KeySource, SigningKey } from '../../../src/token/key.ts'
import { signRevocationFrame } from '../../../src/token/revocation-frame.ts'
import {
  followerOf,
  type MadeAuthority,
  madeAuthority,
  type Script,
  type TestFeedClient,
  until,
} from '../../support/feed.ts'
import { type Deployment, openDeployment, type Peer } from '../../support/http.ts'
import { compact, KEYS } from '../../vectors/material.ts'

let site: Deployment
let gateway: Peer
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  site = await openDeployment()
  gateway = await site.enroll('gate', { role: 'enforcement' })
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(() => site.close())

const keys: KeySource = {
  verification: (kid) => (kid === KEYS.feed.kid ? KEYS.feed.verification : undefined),
}

type Change = Parameters<typeof followerOf>[2]

function follow(change: Change = {}): TestFeedClient {
  const client = followerOf(site, gateway, change)
  closing.push(() => client.close())
  return client
}

async function made(script: Script, shown?: Peer['credential']): Promise<MadeAuthority> {
  const authority = await madeAuthority(site, script, shown)
  closing.push(() => authority.close())
  return authority
}

let serial = 0
function fresh(): RevocationSubject {
  serial += 1
  return `principal:client-${serial}`
}

async function revoke(at: Deployment, subject: string): Promise<void> {
  const body = { subject, effect: 'revoked', reason: 'a test of the client' }
  expect((await at.owner.ask('POST', '/v1/revocations', { body })).status).toBe(201)
}

function frame(change: Partial<FeedFrame> & Pick<FeedFrame, 'kind'>): FeedFrame {
  const issuer = site.world.issuer
  const common = { issuer, tenant: DEFAULT_TENANT, at: site.world.clock.now(), changes: [] }
  const rest = change.kind === 'snapshot' ? { part: 1, parts: 1 } : { after: 0 }
  return { head: 0, ...common, ...rest, ...change } as FeedFrame
}

function signed(
  change: Partial<FeedFrame> & Pick<FeedFrame, 'kind'>,
  key: SigningKey = KEYS.feed,
): Promise<string> {
  return signRevocationFrame(key, frame(change))
}

describe('a client of the feed', () => {
  it('learns what stands, then each change, and is never staler than some heartbeats', async () => {
    const before = fresh()
    await revoke(site, before)
    const client = follow()
    expect(client.staleness()).toBe(Number.POSITIVE_INFINITY)
    const heard: string[] = []
    client.onRevocation((changes) => heard.push(...changes.map(({ subject }) => subject)))
    await until(() => client.staleness() < 3)
    expect([client.effect([before]), heard.includes(before)]).toEqual(['revoked', true])
    const subject = fresh()
    await revoke(site, subject)
    await until(() => client.effect([subject]) === 'revoked')
    expect(heard[heard.length - 1]).toBe(subject)
    for (let look = 0; look < 20; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(client.staleness()).toBeLessThan(4)
    }
  })

  it('hears when a lease is given back, and when a contract moves', async () => {
    const worker = await site.enroll('worker')
    const body = { scope: { type: 'urn:writ:scope:v1', grants: [] } }
    const opened = await worker.ask('POST', '/v1/leases', { body })
    expect(opened.status).toBe(201)
    const client = follow()
    await until(() => client.staleness() < 3)
    await worker.ask('POST', `/v1/leases/${opened.json.id}/release`)
    await until(() => client.effect([`lease:${opened.json.id}`]) === 'released')
    const agent = worker.uri as Parameters<TestFeedClient['contractMovedAt']>[0]
    expect(client.contractMovedAt(agent)).toBeUndefined()
    const contract = { contract: body.scope }
    const set = await site.owner.ask('PUT', '/v1/agents/worker/contract', { body: contract })
    expect(set.status).toBe(200)
    await until(() => client.contractMovedAt(agent) !== undefined)
  })

  it('goes on where it was after its connection was cut, and hears nothing twice', async () => {
    const sockets = new Set<Socket>()
    const relay = createServer((from) => {
      const to = connect(site.agentsPort, '127.0.0.1')
      for (const socket of [from, to]) {
        sockets.add(socket)
        socket.on('error', () => socket.destroy())
      }
      from.pipe(to).pipe(from)
    })
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
    closing.push(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => relay.close(resolve))
    })
    const { port } = relay.address() as AddressInfo
    const client = follow({ authorities: [`https://127.0.0.1:${port}`] })
    await until(() => client.staleness() < 3)
    const heard: string[] = []
    client.onRevocation((changes) => heard.push(...changes.map(({ subject }) => subject)))
    const subjects = [fresh(), fresh(), fresh()]
    for (const subject of subjects) {
      for (const socket of sockets) socket.destroy()
      sockets.clear()
      await revoke(site, subject)
      await until(() => heard.includes(subject))
    }
    expect(heard).toEqual(subjects)
  })

  it('fails over to another authority, and knows what it hears from either', async () => {
    const silent = await made(() => ({ frames: [], ends: false }))
    const dead = 'https://127.0.0.1:1'
    const origins = [silent.origin, dead, `https://127.0.0.1:${site.agentsPort}`]
    const client = follow({ authorities: origins })
    const subject = fresh()
    await revoke(site, subject)
    await until(() => client.effect([subject]) === 'revoked', FEED_SILENCE_MS * 5)
    await until(() => client.staleness() < 3)
  }, 30_000)

  it('grows stale when its authority is gone, and recovers when it is back', async () => {
    const first = await signed({ kind: 'snapshot', head: 4 })
    const authority = await made(() => ({ frames: [first], ends: false }))
    const client = follow({ authorities: [authority.origin], keys })
    await until(() => client.staleness() < 3)
    authority.cut()
    await until(() => client.told.length > 0)
    await until(() => client.staleness() > 1)
    await until(() => authority.asked.length > 1)
    expect(authority.asked[1]).toBe('/v1/revocations/feed?after=4')
    authority.say(await signed({ kind: 'changes', after: 4, head: 4 }))
    await until(() => client.staleness() < 1.5)
  }, 20_000)

  it('loses the feed with its own revocation, and grows stale', async () => {
    const point = await site.enroll('gate-lost', { role: 'enforcement' })
    const client = followerOf(site, point)
    closing.push(() => client.close())
    await until(() => client.staleness() < 3)
    await revoke(site, `agent:${point.uri}`)
    await until(() => client.told.some((line) => /status 40[13]/.test(line)))
    await until(() => client.staleness() > 2)
  }, 20_000)
})

describe('a client believes no', () => {
  const one = { seq: 1, subject: 'principal:x', effect: 'revoked', at: epochSeconds(1) } as const
  const change = () => signed({ kind: 'changes', after: 0, head: 1, changes: [one] })
  const tampered = async () => (await change()).replace(/\.[^.]+$/, `.${'A'.repeat(86)}`)
  const ofAnotherType = async () => {
    const header = { alg: 'EdDSA', typ: 'writ-checkpoint+jwt', kid: KEYS.feed.kid }
    const payload = Buffer.from((await change()).split('.')[1] ?? '', 'base64url').toString()
    return compact(JSON.stringify(header), payload, KEYS.feed)
  }
  const foreign = async () => {
    const other = { ...KEYS.stranger, purpose: 'feed' } as const
    return signRevocationFrame(other, frame({ kind: 'changes', head: 1, changes: [one] }))
  }
  const table: readonly (readonly [string, () => Promise<string>, string])[] = [
    ['frame with a forged signature', tampered, 'signature_invalid'],
    ['frame of a key it does not know', foreign, 'signature_invalid'],
    ['statement of another type', ofAnotherType, 'token_kind'],
    ['text', async () => 'principal:x revoked', 'malformed'],
    ['frame behind a gap', () => signed({ kind: 'changes', after: 2, head: 3 }), 'out_of_place'],
    [
      'frame of another issuer',
      () => signed({ kind: 'changes', head: 0, issuer: 'https://other.example' }),
      'issuer_mismatch',
    ],
  ]

  it.each(table)('%s, and asks again from where it is', async (_name, bad, reason) => {
    const first = await signed({ kind: 'snapshot', head: 0 })
    const text = await bad()
    const authority = await made((path) => ({
      frames: path.endsWith('after=0') ? [first, text] : [],
      ends: false,
    }))
    const client = follow({ authorities: [authority.origin], keys })
    await until(() => authority.asked.length > 1)
    expect(client.told[0]).toContain(reason)
    expect([client.head, client.effect(['principal:x'])]).toEqual([0, undefined])
  })

  it('frame that is replayed or comes out of order', async () => {
    const frames = [
      await signed({ kind: 'snapshot', head: 0 }),
      await change(),
      await signed({ kind: 'changes', after: 1, head: 2, changes: [{ ...one, seq: 2 }] }),
    ]
    for (const order of [
      [0, 1, 1],
      [0, 2, 1],
      [1, 0],
    ]) {
      const told = order.map((at) => frames[at] ?? '')
      const authority = await made((path) => {
        return { frames: path.endsWith('after=0') ? told : [], ends: false }
      })
      const client = follow({ authorities: [authority.origin], keys })
      await until(() => client.told.length > 0)
      expect(client.told[0]).toContain('out_of_place')
      expect(client.head ?? 0).toBeLessThanOrEqual(1)
      await client.close()
    }
  })

  it('head that goes back, until a snapshot has caught up', async () => {
    let head = 7
    let asked = 0
    const authority = await made(() => ({ frames: [], ends: false }))
    const client = follow({ authorities: [authority.origin], keys })
    const speak = async () => {
      for (; asked === authority.asked.length; ) await new Promise((r) => setTimeout(r, 5))
      asked = authority.asked.length
      authority.say(await signed({ kind: 'snapshot', head }))
    }
    await speak()
    await until(() => client.staleness() < 3)
    head = 6
    authority.cut()
    await speak()
    await until(() => client.staleness() === Number.POSITIVE_INFINITY)
    expect(client.head).toBe(7)
    head = 8
    await speak()
    await until(() => client.staleness() < 3)
    expect(authority.asked.slice(1, 3)).toEqual([
      '/v1/revocations/feed?after=7',
      '/v1/revocations/feed?after=0',
    ])
  }, 20_000)

  it('listener with the certificate of an agent or enforcement point', async () => {
    const first = await signed({ kind: 'snapshot', head: 0 })
    const authority = await made(() => ({ frames: [first], ends: false }), gateway.credential)
    const client = follow({ authorities: [authority.origin], keys })
    await until(() => client.told.length > 0)
    expect(client.told[0]).toContain('that of an agent or enforcement point')
    expect(client.head).toBeUndefined()
  })

  it('key before it has asked for it: a new key is fetched once', async () => {
    const first = await signed({ kind: 'snapshot', head: 3 })
    const authority = await made(() => ({ frames: [first], ends: false }))
    let known = false
    let fetched = 0
    const client = follow({
      authorities: [authority.origin],
      keys: { verification: (kid) => (known ? keys.verification(kid) : undefined) },
      refreshKeys: async () => {
        fetched += 1
        known = true
      },
    })
    await until(() => client.head === 3)
    expect([fetched, client.told]).toEqual([1, []])
  })
})
