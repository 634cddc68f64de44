import { setTimeout as delay } from 'node:timers/promises'
import type { FeedFrame } from '../../domain/feed.ts'
import type { TenantId } from '../../domain/ids.ts'
import { FEED_RETRY_MS, FEED_RETRY_MS_MAX } from '../../domain/limits.ts'
import type { Result } from '../../domain/result.ts'
import type { RevocationNotice } from '../../domain/revocation.ts'
import type { RevocationView } from '../../domain/standing.ts'
import type { Clock } from '../../domain/time.ts'
import type { KeySource } from '../../token/key.ts'
import { verifyRevocationFrame } from '../../token/revocation-frame.ts'
import { type FeedCredentials, FeedRefused, followFeed } from './connection.ts'
import { StandingView } from './standing-view.ts'

/** What following the feed takes from outside. */
export interface FeedClientSetup {
  /** Origins of agents listeners, in any order: `https://authority.example:9442`. */
  readonly authorities: readonly string[]
  /** Asked for each connection, so that a renewed certificate is used from the next one on. */
  readonly credentials: () => FeedCredentials
  readonly issuer: string
  readonly tenant: TenantId
  /** Keys in force; a frame of any other key is refused. */
  readonly keys: KeySource
  /** Fetches the keys anew, for a frame of a key that is not known yet. Never rejects. */
  readonly refreshKeys?: () => Promise<void>
  readonly clock: Clock
  /** Hears why a connection ended; it is opened again in any case. */
  readonly failed: (cause: unknown) => void
  /** Milliseconds that only go forward. */
  readonly monotonic?: () => number
}

/** The revocations of an authority, as far as its feed has told them. */
export interface FeedClient extends RevocationView {
  /** The newest head known; undefined before the first snapshot. */
  readonly head: number | undefined
  /** Tells of each change once; answers how to stop. For calls that run, which are to be cut. */
  onRevocation(listener: (changes: readonly RevocationNotice[]) => void): () => void
  /**
   * Tells that the reader was away for so long that something may have ended of which nobody will
   * tell any more: whoever has calls running cuts them all.
   */
  onMissed(listener: () => void): () => void
  /** Stops following; the view stays, and grows stale. */
  close(): Promise<void>
}

/** A frame that was not taken ends the connection it came over. */
class FrameRefused extends Error {
  override readonly name = 'FrameRefused'
}

/**
 * Follows the feed of one of several authorities for as long as the process runs. Each frame is
 * verified, and has to follow on the head that is known. When a connection ends, for whatever
 * reason, the next authority is asked from the head that is known, after a pause with jitter that
 * grows while nothing new is heard. An authority that does not take the place where the reader
 * stands is asked for a snapshot. Never throws: what goes wrong shows as staleness.
 */
export function createFeedClient(setup: FeedClientSetup): FeedClient {
  const listeners = new Set<(changes: readonly RevocationNotice[]) => void>()
  const losers = new Set<() => void>()
  const { tenant, clock, monotonic = () => performance.now() } = setup
  const view = new StandingView(
    { tenant, clock, monotonic },
    {
      changed: (changes) => tellAll(listeners, changes, setup.failed),
      missed: () => tellAll(losers, undefined, setup.failed),
    },
  )
  const ending = new AbortController()
  const running = followForEver(setup, view, ending.signal)
  return {
    get head() {
      return view.head
    },
    effect: (subjects) => view.effect(subjects),
    contractMovedAt: (agent) => view.contractMovedAt(agent),
    staleness: () => view.staleness(),
    onRevocation: (listener) => adding(listeners, listener),
    onMissed: (listener) => adding(losers, listener),
    async close() {
      ending.abort()
      await running
    },
  }
}

async function followForEver(
  setup: FeedClientSetup,
  view: StandingView,
  signal: AbortSignal,
): Promise<void> {
  const { authorities, failed } = setup
  let turn = Math.floor(Math.random() * authorities.length)
  let pause = FEED_RETRY_MS
  let fromStart = false
  while (!signal.aborted) {
    const authority = authorities[turn % authorities.length]
    if (authority === undefined) return
    const after: number = fromStart ? 0 : view.resumeAt
    const credentials = setup.credentials()
    fromStart = false
    try {
      for await (const text of followFeed({ authority, credentials, after, signal })) {
        await takeFrame(setup, view, text)
        pause = FEED_RETRY_MS
      }
    } catch (cause) {
      if (!signal.aborted) failed(cause)
      fromStart = after !== 0 && cause instanceof FeedRefused && cause.status === 400
    }
    view.restart()
    turn += 1
    await delay(pause * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined)
    pause = Math.min(pause * 2, FEED_RETRY_MS_MAX)
  }
}

async function takeFrame(setup: FeedClientSetup, view: StandingView, text: string): Promise<void> {
  let read = await verify(setup, text)
  if (!read.ok && read.refusal.facts['known'] === false && setup.refreshKeys !== undefined) {
    await setup.refreshKeys()
    read = await verify(setup, text)
  }
  if (!read.ok) throw new FrameRefused(`A frame of the feed was refused: ${read.refusal.code}.`)
  const taken = view.take(read.value)
  if (taken !== 'taken') throw new FrameRefused(`A frame of the feed was not taken: ${taken}.`)
}

function verify({ keys, issuer }: FeedClientSetup, text: string): Promise<Result<FeedFrame>> {
  return verifyRevocationFrame(text, { keys, issuer })
}

function adding<T>(set: Set<T>, one: T): () => void {
  set.add(one)
  return () => void set.delete(one)
}

function tellAll<T>(
  listeners: Iterable<(told: T) => void>,
  told: T,
  failed: (fault: unknown) => void,
): void {
  for (const listener of listeners) {
    try {
      listener(told)
    } catch (fault) {
      failed(fault)
    }
  }
}
