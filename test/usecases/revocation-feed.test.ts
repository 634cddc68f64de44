import { describe, expect, it, vi } from 'vitest'
import type { FeedFrame } from '../../src/domain/feed.ts'
import { DEFAULT_TENANT, type TenantId } from '../../src/domain/ids.ts'
import {
  FEED_BUFFER_BYTES_MAX,
  FEED_STALL_MS,
  FEED_SUBSCRIBERS_MAX,
} from '../../src/domain/limits.ts'
import { readEvents } from '../../src/gateway/feed/events.ts'
import { StoreFault } from '../../src/store/fault.ts'
import type { Reads, Store } from '../../src/store/ports.ts'
import type { KeySource } from '../../src/token/key.ts'
import { verifyRevocationFrame } from '../../src/token/revocation-frame.ts'
import { RevocationFeed } from '../../src/usecases/feed/revocation-feed.ts'
import { type Following, Subscriber } from '../../src/usecases/feed/subscriber.ts'
import { afterTest, testPlace } from '../support/store.ts'
import { revoke } from '../support/store-facts.ts'
import { ISSUER, KEYS } from '../vectors/material.ts'

const keys: KeySource = {
  verification: (kid) => (kid === KEYS.feed.kid ? KEYS.feed.verification : undefined),
}

function following(change: Partial<Following> = {}): Following {
  return {
    tenant: DEFAULT_TENANT,
    who: 'gate',
    after: 0,
    follow: true,
    stillMay: async () => true,
    cut: () => undefined,
    ...change,
  }
}

interface Site {
  readonly store: Store
  readonly feed: RevocationFeed
  readonly failures: unknown[]
  readonly reads: { count: number; broken: boolean }
}

async function openSite(): Promise<Site> {
  const place = testPlace()
  const store = await place.open()
  const failures: unknown[] = []
  const reads = { count: 0, broken: false }
  const read = <T>(work: (reads: Reads) => Promise<T>): Promise<T> => {
    reads.count += 1
    if (reads.broken) return Promise.reject(new StoreFault('status_unknown', 'away'))
    return store.read(work)
  }
  const feed = new RevocationFeed({
    issuer: ISSUER,
    store: { read, onRevocation: (listener) => store.onRevocation(listener) },
    keys: { active: () => KEYS.feed },
    clock: place.clock,
    failed: (fault) => failures.push(fault),
  })
  afterTest(() => feed.close())
  return { store, feed, failures, reads }
}

function open(feed: RevocationFeed, change: Partial<Following> = {}): () => Promise<FeedFrame> {
  const opened = feed.subscribe(following(change))
  if (!opened.ok) throw new Error(opened.refusal.code)
  const events = readEvents(opened.value, 2_000_000)
  return async () => {
    const { data } = (await events.next()).value ?? { data: '' }
    const read = await verifyRevocationFrame(data, { keys, issuer: ISSUER })
    if (!read.ok) throw new Error(read.refusal.code)
    return read.value
  }
}

describe('the feed of a process', () => {
  it('says nothing while the store does not answer, and goes on where it was', async () => {
    const { store, feed, failures, reads } = await openSite()
    const next = open(feed)
    expect(await next()).toMatchObject({ kind: 'snapshot', head: 0 })
    reads.broken = true
    await revoke(store, 'principal:a')
    while (failures.length < 3) await new Promise((resolve) => setTimeout(resolve, 20))
    reads.broken = false
    let frame = await next()
    while (frame.changes.length === 0) frame = await next()
    expect(frame).toMatchObject({ after: 0, head: 1, changes: [{ subject: 'principal:a' }] })
  }, 10_000)

  it('reads the store once for all who follow, and not at all for nobody', async () => {
    const { feed, reads } = await openSite()
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect(reads.count).toBe(0)
    const followers = Array.from({ length: 50 }, (_, at) => open(feed, { who: `gate-${at}` }))
    await Promise.all(followers.map((next) => next()))
    const before = reads.count
    await Promise.all(followers.map((next) => next()))
    expect(reads.count - before).toBeLessThan(4)
  })

  it('speaks to each of its own tenant, and moves the head for all', async () => {
    const { store, feed } = await openSite()
    const other = 'other' as TenantId
    const [own, foreign] = [open(feed), open(feed, { tenant: other, who: 'x' })]
    await Promise.all([own(), foreign()])
    await revoke(store, 'principal:a', 'revoked', other)
    const frames = [await own(), await foreign()]
    for (let frame = frames[0]; frame?.head !== 1; ) frame = frames[0] = await own()
    for (let frame = frames[1]; frame?.head !== 1; ) frame = frames[1] = await foreign()
    expect(frames.map(({ tenant, changes }) => [tenant, changes.length])).toEqual([
      [DEFAULT_TENANT, 0],
      [other, 1],
    ])
  })

  it('takes FEED_SUBSCRIBERS_MAX and no more', async () => {
    const { feed } = await openSite()
    for (let at = 0; at < FEED_SUBSCRIBERS_MAX; at += 1) {
      expect(feed.subscribe(following({ who: `gate-${at}` })).ok).toBe(true)
    }
    expect(feed.subscribe(following({ who: 'one more' }))).toMatchObject({
      refusal: { code: 'overloaded' },
    })
  })
})

describe('one stream of the feed', () => {
  const event = new Uint8Array(FEED_BUFFER_BYTES_MAX / 4)
  const subscriber = () => {
    const cuts: string[] = []
    const order = following({ cut: () => cuts.push('cut') })
    return { cuts, one: new Subscriber(order, () => cuts.push('left')) }
  }

  it('is cut when too much waits for its reader, whatever its first events were', () => {
    const { cuts, one } = subscriber()
    one.begin(Array.from({ length: 40 }, () => event))
    one.offer([event, event, event, event])
    expect(cuts).toEqual([])
    one.offer([event])
    expect(cuts).toEqual(['left', 'cut'])
    one.offer([event])
    expect(cuts).toEqual(['left', 'cut'])
  })

  it('is cut when its reader takes nothing for FEED_STALL_MS', () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    try {
      const { cuts, one } = subscriber()
      one.begin([event])
      vi.advanceTimersByTime(FEED_STALL_MS)
      one.offer([new Uint8Array(10)])
      expect(cuts).toEqual([])
      vi.advanceTimersByTime(1)
      one.offer([new Uint8Array(10)])
      expect(cuts).toEqual(['left', 'cut'])
    } finally {
      vi.useRealTimers()
    }
  })

  it('gives what waits to its reader, then ends', async () => {
    const { cuts, one } = subscriber()
    const reading = new Response(one.stream).text()
    one.begin([new TextEncoder().encode('a'), new TextEncoder().encode('b')])
    await new Promise((resolve) => setTimeout(resolve, 10))
    one.end()
    expect(await reading).toBe('retry: 1000\n\nab')
    expect(cuts).toEqual(['left'])
  })

  it('is left when its reader goes', async () => {
    const { cuts, one } = subscriber()
    await one.stream.cancel()
    expect(cuts).toEqual(['left'])
  })
})
