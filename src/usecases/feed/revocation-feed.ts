import type { FeedFrame } from '../../domain/feed.ts'
import {
  FEED_HEARTBEAT_MS,
  FEED_RECHECK_MS,
  FEED_SUBSCRIBERS_MAX,
  FEED_SUBSCRIBERS_PER_PEER_MAX,
} from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { RevocationChange } from '../../domain/revocation.ts'
import { type Clock, earlier } from '../../domain/time.ts'
import type { Store } from '../../store/ports.ts'
import type { KeyRing } from '../../token/keyring.ts'
import { signRevocationFrame } from '../../token/revocation-frame.ts'
import { changesFrames, eventOf, type FrameSetting, snapshotFrames } from './frames.ts'
import { type FeedReading, readFeed } from './reading.ts'
import { type Following, Subscriber } from './subscriber.ts'

/** What the feed is made from. */
export interface FeedParts {
  readonly issuer: string
  readonly store: Pick<Store, 'read' | 'onRevocation'>
  readonly keys: Pick<KeyRing, 'active'>
  readonly clock: Clock
  /** Hears of passes that failed; nobody is told anything until one succeeds. */
  readonly failed: (fault: unknown) => void
}

/**
 * The revocation feed of this process. One pass over the store serves all who follow: after each
 * change, in this process or another, and twice in FEED_HEARTBEAT_MS when nothing happens. While
 * nobody follows, nothing is read. A pass that fails tells nothing, so readers grow stale and know.
 */
export class RevocationFeed {
  readonly #parts: FeedParts
  readonly #following = new Set<Subscriber>()
  #joining: Subscriber[] = []
  #head: number | undefined
  #rest: (() => void) | undefined
  #passing: Promise<void> | undefined
  #again = false
  #closed = false

  constructor(parts: FeedParts) {
    this.#parts = parts
  }

  /** Opens a stream of server-sent events; refuses `overloaded` when there are too many. */
  subscribe(order: Following): Result<ReadableStream<Uint8Array>> {
    const all = [...this.#following, ...this.#joining]
    const own = all.filter((one) => one.order.who === order.who).length
    const full = all.length >= FEED_SUBSCRIBERS_MAX || own >= FEED_SUBSCRIBERS_PER_PEER_MAX
    if (this.#closed || full) return refuse('overloaded', { subscribers: all.length, own })
    const subscriber = new Subscriber(order, (left) => this.#remove(left))
    this.#joining.push(subscriber)
    this.#rest ??= this.#start()
    this.#wake()
    return accept(subscriber.stream)
  }

  /** Ends every stream and takes no more. */
  async close(): Promise<void> {
    this.#closed = true
    for (const subscriber of [...this.#following, ...this.#joining]) subscriber.sayGoodbye()
    await this.#passing
  }

  #start(): () => void {
    const stop = this.#parts.store.onRevocation(() => this.#wake())
    const beat = setInterval(() => this.#wake(), FEED_HEARTBEAT_MS / 2)
    const ask = setInterval(() => void this.#askAgain(this.#following), FEED_RECHECK_MS)
    for (const timer of [beat, ask]) timer.unref()
    return () => {
      for (const timer of [beat, ask]) clearInterval(timer)
      stop()
    }
  }

  #remove(subscriber: Subscriber): void {
    this.#following.delete(subscriber)
    this.#joining = this.#joining.filter((one) => one !== subscriber)
    if (this.#following.size + this.#joining.length > 0) return
    this.#rest?.()
    this.#rest = undefined
    this.#head = undefined
  }

  /** Who may not follow any more, or of whom it is not known, is let go. */
  async #askAgain(subscribers: Iterable<Subscriber>): Promise<void> {
    const asked = [...subscribers].map(async (subscriber) => {
      const may = await subscriber.order.stillMay().catch(() => false)
      if (!may) subscriber.end()
    })
    await Promise.all(asked)
  }

  /** One pass at a time; whoever asks meanwhile is served by the next. */
  #wake(): void {
    this.#again = true
    this.#passing ??= this.#run().finally(() => {
      this.#passing = undefined
    })
  }

  async #run(): Promise<void> {
    while (this.#again && this.#rest !== undefined) {
      this.#again = false
      await this.#pass().catch(this.#parts.failed)
    }
  }

  /** The moment is taken before the read begins: what was acknowledged before it is in the read. */
  async #pass(): Promise<void> {
    const { store, clock, issuer } = this.#parts
    const at = clock.now()
    const joining = [...this.#joining]
    const following = [...this.#following]
    const standing = this.#head
    const reading = await store.read(async (reads) => {
      const read = await readFeed(reads, standing, joining)
      return { ...read, at: earlier(at, reads.now) }
    })
    if (reading.fresh?.some(isAboutPeers)) await this.#askAgain(following)
    const setting = { issuer, at: reading.at, head: reading.head }
    await this.#tell(following, standing, reading, setting)
    await this.#begin(joining, reading, setting)
    if (this.#rest !== undefined) this.#head = reading.head
  }

  async #tell(
    following: readonly Subscriber[],
    standing: number | undefined,
    { fresh }: FeedReading<Subscriber>,
    setting: FrameSetting,
  ): Promise<void> {
    if (standing === undefined) return
    if (fresh === undefined) return following.forEach((subscriber) => void subscriber.end())
    for (const tenant of new Set(following.map((subscriber) => subscriber.tenant))) {
      const events = await this.#sign(changesFrames(setting, tenant, standing, fresh))
      for (const subscriber of following) {
        if (subscriber.tenant === tenant) subscriber.offer(events)
      }
    }
  }

  async #begin(
    joining: readonly Subscriber[],
    { missed, snapshots }: FeedReading<Subscriber>,
    setting: FrameSetting,
  ): Promise<void> {
    const signed = new Map<string, readonly Uint8Array[]>()
    for (const subscriber of joining) {
      const { tenant, after } = subscriber
      const changes = missed.get(subscriber)
      const place = `${changes === undefined ? 'snapshot' : after} ${tenant}`
      const frames =
        changes === undefined
          ? snapshotFrames(setting, tenant, snapshots.get(tenant) ?? [])
          : changesFrames(setting, tenant, after, changes)
      const events = signed.get(place) ?? (await this.#sign(frames))
      signed.set(place, events)
      if (!this.#joining.includes(subscriber)) continue
      this.#joining = this.#joining.filter((one) => one !== subscriber)
      this.#following.add(subscriber)
      subscriber.begin(events)
    }
  }

  #sign(frames: readonly FeedFrame[]): Promise<readonly Uint8Array[]> {
    const key = this.#parts.keys.active('feed')
    const signed = frames.map(async (frame) =>
      eventOf(frame, await signRevocationFrame(key, frame)),
    )
    return Promise.all(signed)
  }
}

/** What does not name a lease may name who follows. */
function isAboutPeers({ subject }: RevocationChange): boolean {
  return !subject.startsWith('lease:')
}
