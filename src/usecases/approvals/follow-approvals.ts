import type { ApprovalState } from '../../domain/approval.ts'
import type { ApprovalId } from '../../domain/ids.ts'
import { APPROVAL_STREAM_ROWS } from '../../domain/limits.ts'
import type { Result } from '../../domain/result.ts'
import type { ApprovalFilter } from '../../store/ports/approvals.ts'
import type { Store } from '../../store/ports.ts'
import { actorOf, type Caller } from '../caller.ts'
import type { Look } from '../event-streams.ts'
import type { World } from '../world.ts'
import { filterFor } from './read-approvals.ts'
import { type ApprovalNow, approvalState, withStates } from './standing.ts'

/**
 * Follows approvals: an owner those it may decide, an operator all, an agent its own. Begins after
 * the change that was seen last (`after`); 0 begins with everything that is still kept. It also
 * tells when an open approval is over by time or revocation, which nobody writes down. `tell` gives
 * the text of one event's data: one line.
 * Refuses `forbidden`, `overloaded`.
 */
export async function followApprovals(
  world: World,
  caller: Caller,
  input: {
    readonly after: number
    readonly follow: boolean
    readonly stillMay: () => Promise<boolean>
    readonly tell: (now: ApprovalNow) => string
  },
): Promise<Result<ReadableStream<Uint8Array>>> {
  const filter = filterFor(caller)
  if (!filter.ok) return filter
  const { follow, stillMay } = input
  const look = lookAt(world.store, filter.value, input)
  return world.streams.follow({ who: actorOf(caller), look, follow, stillMay })
}

function lookAt(
  store: Pick<Store, 'read'>,
  filter: ApprovalFilter,
  from: { readonly after: number; readonly tell: (now: ApprovalNow) => string },
): Look {
  const told = new Map<ApprovalId, ApprovalState>()
  let { after } = from
  return async () => {
    const news = await lookOnce(store, filter, { after, told })
    const events = news.map((now) => {
      after = Math.max(after, now.approval.seq)
      remember(told, now)
      return { id: String(after), event: 'approval', data: from.tell(now) }
    })
    return { events, more: news.length >= APPROVAL_STREAM_ROWS }
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
