import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { FeedFrame } from '../../src/domain/feed.ts'
import {
  FEED_CATCH_UP_MAX,
  FEED_HEARTBEAT_MS,
  FEED_RECHECK_MS,
  FEED_SUBSCRIBERS_PER_PEER_MAX,
  REVOCATION_CHANGES_MAX,
} from '../../src/domain/limits.ts'
import { accept } from '../../src/domain/result.ts'
import type { RevocationSubject } from '../../src/domain/revocation.ts'
import { verifyRevocationFrame } from '../../src/token/revocation-frame.ts'
import { type OpenFeed, openFeed } from '../support/feed.ts'
import { type Deployment, openDeployment, type Peer } from '../support/http.ts'
import { castOf } from '../support/http-examples.ts'
import { decide } from '../support/store-facts.ts'

let site: Deployment
let gateway: Peer
let planner: Peer
const opened: OpenFeed[] = []

beforeAll(async () => {
  site = await openDeployment()
  const cast = await castOf(site)
  gateway = cast.gateway
  planner = cast.planner
})
afterEach(async () => {
  for (const feed of opened.splice(0)) await feed.close()
})
afterAll(() => site.close())

async function follow(query = '', headers: Record<string, string> = {}, as = gateway) {
  const feed = await openFeed(site, as, query, headers)
  opened.push(feed)
  return feed
}

async function frameOf(data: string): Promise<FeedFrame> {
  const { keys, issuer } = site.world
  const read = await verifyRevocationFrame(data, { keys, issuer })
  if (!read.ok) throw new Error(read.refusal.code)
  return read.value
}

async function nextFrame(feed: OpenFeed): Promise<FeedFrame & { readonly id: string | undefined }> {
  const event = await feed.next()
  if (event === undefined) throw new Error('the stream has ended')
  return { ...(await frameOf(event.data)), id: event.id }
}

/** The next frame that is no heartbeat. */
async function nextNews(feed: OpenFeed): Promise<FeedFrame & { readonly id: string | undefined }> {
  for (;;) {
    const frame = await nextFrame(feed)
    if (frame.changes.length > 0 || frame.kind === 'snapshot') return frame
  }
}

function told({ changes }: FeedFrame): string[] {
  return changes.map(({ subject, effect }) => `${subject} ${effect}`)
}

let serial = 0
function fresh(): RevocationSubject {
  serial += 1
  return `principal:feed-${serial}`
}

async function revoke(subject: string, effect = 'revoked'): Promise<void> {
  const body = { subject, effect, reason: 'a test of the feed' }
  const seen = await site.owner.ask('POST', '/v1/revocations', { body })
  expect(seen.status).toBe(201)
}

async function headNow(): Promise<number> {
  return site.world.store.read(async (reads) => (await reads.revocationChanges(0, 1)).head)
}

describe('the revocation feed', () => {
  it('begins with a snapshot, goes on with each change, and says when nothing happens', async () => {
    const before = fresh()
    await revoke(before)
    const feed = await follow()
    expect([feed.status, feed.type]).toEqual([200, 'text/event-stream'])
    const first = await nextFrame(feed)
    expect(first).toMatchObject({ kind: 'snapshot', part: 1, parts: 1, head: await headNow() })
    expect(told(first)).toContain(`${before} revoked`)

    const subject = fresh()
    await revoke(subject, 'suspended')
    const change = await nextNews(feed)
    expect(change).toMatchObject({ kind: 'changes', after: first.head, head: first.head + 1 })
    expect(told(change)).toEqual([`${subject} suspended`])
    expect(change.id).toBe(String(change.head))

    const started = Date.now()
    const beat = await nextFrame(feed)
    expect(Date.now() - started).toBeLessThan(FEED_HEARTBEAT_MS * 3)
    expect(beat).toMatchObject({ kind: 'changes', after: change.head, head: change.head })
    expect(beat.changes).toEqual([])
    const now = site.world.clock.now()
    expect(beat.at).toBeGreaterThanOrEqual(now - 3)
    expect(beat.at).toBeLessThanOrEqual(now)
  })

  it('goes on where a reader stood, by query or by Last-Event-ID, which goes before', async () => {
    const head = await headNow()
    const subjects = [fresh(), fresh()]
    for (const subject of subjects) await revoke(subject)
    const resumed = await nextFrame(await follow(`?after=${head}`))
    expect(resumed).toMatchObject({ kind: 'changes', after: head, head: head + 2 })
    expect(told(resumed)).toEqual(subjects.map((subject) => `${subject} revoked`))
    const header = { 'last-event-id': String(head + 1) }
    expect(told(await nextFrame(await follow('?after=0', header)))).toEqual([
      `${subjects[1]} revoked`,
    ])
  })

  it('sends a snapshot to a reader that has seen what never was', async () => {
    const head = await headNow()
    const frame = await nextFrame(await follow(`?after=${head + 5}`))
    expect(frame).toMatchObject({ kind: 'snapshot', head })
  })

  it('tells many changes in frames that follow on each other, and only the last is of now', async () => {
    const head = await headNow()
    const count = REVOCATION_CHANGES_MAX + 10
    await manyChanges(count)
    const feed = await follow(`?after=${head}`)
    const [first, second] = [await nextFrame(feed), await nextFrame(feed)]
    expect(first).toMatchObject({ kind: 'changes', after: head, at: 0, id: String(first.head) })
    expect(first.changes).toHaveLength(REVOCATION_CHANGES_MAX)
    expect(second).toMatchObject({ kind: 'changes', after: first.head, head: head + count })
    expect(second.at).toBeGreaterThan(0)
  })

  it('sends a snapshot to a reader that is far behind; it has an id only when it is whole', async () => {
    const head = await headNow()
    await manyChanges(FEED_CATCH_UP_MAX + 1)
    const feed = await follow(`?after=${head}`)
    const first = await nextFrame(feed)
    expect(first).toMatchObject({ kind: 'snapshot', part: 1 })
    const parts = first.kind === 'snapshot' ? first.parts : 0
    const ids = [first.id]
    for (let part = 1; part < parts; part += 1) ids.push((await nextFrame(feed)).id)
    const missing = Array.from({ length: parts - 1 }, () => undefined)
    expect(ids).toEqual([...missing, String(await headNow())])
  })

  it('ends at once for who does not want to follow, also for people', async () => {
    const feed = await follow('?follow=false')
    await nextFrame(feed)
    for (let event = await feed.next(); event !== undefined; ) event = await feed.next()
    const seen = await site.operator.ask('GET', '/v1/revocations/feed?follow=false')
    expect([seen.status, seen.headers['cache-control']]).toEqual([200, 'no-store'])
    expect(seen.text.match(/^data: /gm)?.length).toBeGreaterThan(0)
  })

  it.each(['?after=x', '?after=-1', '?after=01', '?follow=maybe'])(
    '%s is malformed',
    async (query) => {
      expect((await gateway.ask('GET', `/v1/revocations/feed${query}`)).status).toBe(400)
    },
  )

  it('a Last-Event-ID that is no head is malformed', async () => {
    const headers = { 'last-event-id': '1e3' }
    const seen = await gateway.ask('GET', '/v1/revocations/feed', { headers })
    expect([seen.status, seen.json.code]).toEqual([400, 'malformed'])
  })

  it('is not for agents', async () => {
    expect((await planner.ask('GET', '/v1/revocations/feed')).status).toBe(403)
  })

  it('one gateway has FEED_SUBSCRIBERS_PER_PEER_MAX streams, and one more when one ends', async () => {
    const other = await site.enroll('gate-many', { role: 'enforcement' })
    const feeds: OpenFeed[] = []
    for (let at = 0; at < FEED_SUBSCRIBERS_PER_PEER_MAX; at += 1) {
      feeds.push(await follow('', {}, other))
    }
    const refused = await other.ask('GET', '/v1/revocations/feed')
    expect([refused.status, refused.json.code]).toEqual([503, 'overloaded'])
    expect((await follow()).status).toBe(200)
    await feeds[0]?.close()
    for (let status = 503; status === 503; ) {
      const again = await openFeed(site, other)
      opened.push(again)
      status = again.status
    }
  })

  it('a revoked gateway is told so at most, and loses its feed', async () => {
    const other = await site.enroll('gate-revoked', { role: 'enforcement' })
    const feed = await follow(`?after=${await headNow()}`, {}, other)
    await nextFrame(feed)
    await revoke(`agent:${other.uri}`)
    const heard: string[] = []
    for (let event = await feed.next(); event !== undefined; event = await feed.next()) {
      heard.push(...told(await frameOf(event.data)))
    }
    expect(heard.filter((line) => line !== `agent:${other.uri} revoked`)).toEqual([])
    expect((await other.ask('GET', '/v1/revocations/feed')).json.code).toBe('revoked')
  })

  it('ends when the certificate of the connection has ended', { timeout: 20_000 }, async () => {
    const later = await openDeployment()
    try {
      const point = await later.enroll('gate', { role: 'enforcement' })
      const feed = await openFeed(later, point)
      opened.push(feed)
      expect((await feed.next())?.id).toBe('0')
      later.advance(25 * 60 * 60)
      const started = Date.now()
      while ((await feed.next()) !== undefined);
      expect(Date.now() - started).toBeLessThan(FEED_RECHECK_MS * 2)
    } finally {
      await later.close()
    }
  })

  it('ends every stream when the process ends, and takes no more', async () => {
    const ending = await openDeployment()
    const point = await ending.enroll('gate', { role: 'enforcement' })
    const feed = await openFeed(ending, point)
    opened.push(feed)
    await feed.next()
    await ending.world.feed.close()
    while ((await feed.next()) !== undefined);
    expect((await point.ask('GET', '/v1/revocations/feed')).json.code).toBe('overloaded')
    await ending.close()
  })
})

async function manyChanges(count: number): Promise<void> {
  const subjects = Array.from({ length: count }, fresh)
  await decide(site.world.store, async (tx) => {
    for (const subject of subjects) {
      const row = { subject, effect: 'revoked', reason: '', at: tx.now } as const
      await tx.recordRevocation('default' as Parameters<typeof tx.recordRevocation>[0], row)
    }
    return accept(undefined)
  })
}
