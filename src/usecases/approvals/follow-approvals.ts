import type { Result } from '../../domain/result.ts'
import { actorOf, type Caller } from '../caller.ts'
import type { World } from '../world.ts'
import { filterFor } from './read-approvals.ts'
import type { ApprovalFollowing } from './streams.ts'

/**
 * Follows approvals: an owner those it may decide, an operator all, an agent its own. Begins after
 * the change that was seen last; without one, with everything that is still kept.
 * Refuses `forbidden`, `overloaded`.
 */
export async function followApprovals(
  world: World,
  caller: Caller,
  input: Omit<ApprovalFollowing, 'who' | 'filter'>,
): Promise<Result<ReadableStream<Uint8Array>>> {
  const filter = filterFor(caller)
  if (!filter.ok) return filter
  const order = { ...input, who: actorOf(caller), filter: filter.value }
  return world.approvals.streams.follow(world.store, order)
}
