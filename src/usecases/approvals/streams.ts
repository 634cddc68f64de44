import { setTimeout as wait } from 'node:timers/promises'
import type { ApprovalState } from '../../domain/approval.ts'
import type { ApprovalId } from '../../domain/ids.ts'
import {
  APPROVAL_STREAM_POLL_MS,
  APPROVAL_STREAM_ROWS,
  APPROVAL_STREAMS_MAX,
  APPROVAL_STREAMS_PER_CALLER_MAX,
  FEED_HEARTBEAT_MS,
  FEED_RECHECK_MS,
} from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { ApprovalFilter } from '../../store/ports/approvals.ts'
import type { Store } from '../../store/ports.ts'
import { type ApprovalNow, approvalState, withStates } from './standing.ts'

/** Who follows, from where, and how each approval is told. */
export interface ApprovalFollowing {
  readonly who: string
  readonly filter: ApprovalFilter
  /** The number of the last change that was seen; 0 begins with all there is. */
  readonly after: number
  /** Whether it stays for what comes; else it gets what is there, and the stream ends. */
  readonly follow: boolean
  readonly stillMay: () => Promise<boolean>
  /** The text of one event's data: one line. */
  readonly tell: (now: ApprovalNow) => string
}

/**
 * Streams of server-sent events about approvals. Each looks into the store itself, so that it tells
 * what any process decided; it also tells when an open approval is over by time or revocation,
 * which nobody writes down. A stream whose store does not answer ends; its reader comes again with
 * `Last-Event-ID` and misses nothing.
 */
export class ApprovalStreams {
  readonly #open = new Map<AbortController, string>()
  #closed = false

  /** Opens a stream; refuses `overloaded` when there are too many. */
  follow(store: Pick<Store, 'read'>, order: ApprovalFollowing): Result<ReadableStream<Uint8Array>> {
    const own = [...this.#open.values()].filter((who) => who === order.who).length
    const full = this.#open.size >= APPROVAL_STREAMS_MAX || own >= APPROVAL_STREAMS_PER_CALLER_MAX
    if (this.#closed || full) return refuse('overloaded', { streams: this.#open.size, own })
    const ended = new AbortController()
    this.#open.set(ended, order.who)
    const events = eventsOf(store, order, ended.signal)
    const end = (): void => {
      this.#open.delete(ended)
      ended.abort()
    }
    const stream = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const next = await events.next().catch(() => ({ done: true as const, value: undefined }))
        if (next.done !== true) return controller.enqueue(next.value)
        end()
        controller.close()
      },
      cancel: end,
    })
    return accept(stream)
  }

  /** Ends every stream and takes no more. */
  close(): void {
    this.#closed = true
    for (const ended of this.#open.keys()) ended.abort()
  }
}

const encoder = new TextEncoder()

async function* eventsOf(
  store: Pick<Store, 'read'>,
  order: ApprovalFollowing,
  ended: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const told = new Map<ApprovalId, ApprovalState>()
  let after = order.after
  let toldAt = performance.now()
  let askedAt = toldAt
  yield encoder.encode('retry: 1000\n\n')
  while (!ended.aborted) {
    const news = await lookOnce(store, order.filter, { after, told })
    for (const now of news) {
      after = Math.max(after, now.approval.seq)
      remember(told, now)
      const event = `id: ${after}\nevent: approval\ndata: ${order.tell(now)}\n\n`
      yield encoder.encode(event)
    }
    const moment = performance.now()
    if (news.length > 0) toldAt = moment
    else if (moment - toldAt > FEED_HEARTBEAT_MS) {
      toldAt = moment
      yield encoder.encode(': still here\n\n')
    }
    if (moment - askedAt > FEED_RECHECK_MS) {
      if (!(await order.stillMay().catch(() => false))) return
      askedAt = moment
    }
    if (news.length < APPROVAL_STREAM_ROWS) {
      if (!order.follow) return
      await pause(ended)
    }
  }
}

/** What changed since, and what was told as open and is over now without anybody's doing. */
function lookOnce(
  store: Pick<Store, 'read'>,
  filter: ApprovalFilter,
  at: { readonly after: number; readonly told: ReadonlyMap<ApprovalId, ApprovalState> },
): Promise<readonly ApprovalNow[]> {
  return store.read(async (reads) => {
    const changed = await reads.changedApprovals(filter, at.after, APPROVAL_STREAM_ROWS)
    const news = [...(await withStates(reads, changed))]
    for (const [id, state] of at.told) {
      if (changed.some((approval) => approval.id === id)) continue
      const approval = await reads.approval(filter.tenant, id)
      if (approval === undefined) continue
      const now = { approval, state: await approvalState(reads, approval) }
      if (now.state !== state) news.push(now)
    }
    return news
  })
}

/** Only what can still change is remembered. */
function remember(told: Map<ApprovalId, ApprovalState>, { approval, state }: ApprovalNow): void {
  if (state === 'pending' || state === 'approved' || state === 'void') told.set(approval.id, state)
  else told.delete(approval.id)
}

async function pause(ended: AbortSignal): Promise<void> {
  await wait(APPROVAL_STREAM_POLL_MS, undefined, { signal: ended, ref: false }).catch(
    () => undefined,
  )
}
