import type { Agent } from './agent.ts'
import type { AgentUri } from './ids.ts'
import type { Lease } from './lease.ts'
import { LEASE_DEPTH_MAX, TREE_LEASES_MAX } from './limits.ts'
import { refuse } from './refusal.ts'
import { accept, type Result } from './result.ts'
import { delegateAllowed } from './scope/pattern.ts'
import type { Scope } from './scope/types.ts'

/**
 * Whether a lease may have a child held by `delegate`, before anything is said about its scope.
 * I2: the child's depth is one more and no deeper than any ancestor allows. `contracts` are those
 * of holders that moved on since their lease was granted; they bind like the scopes do.
 * Refusals: `delegation_not_permitted`, `delegate_not_allowed`, `depth_exceeded`.
 * Liveness (I6) and possession (I1) are checked elsewhere.
 */
export function mayDelegate(
  lineage: readonly Lease[],
  delegate: AgentUri,
  contracts: readonly Scope[] = [],
): Result<void> {
  const parent = lineage[lineage.length - 1]
  if (parent === undefined) return refuse('not_found')
  const rules = [parent.scope, ...contracts].map((scope) => scope.delegation)
  if (!rules.every(({ allowed }) => allowed)) return refuse('delegation_not_permitted')
  if (!rules.every(({ delegates }) => delegateAllowed(delegates, delegate))) {
    return refuse('delegate_not_allowed', { delegate })
  }
  return withinDepth([...lineage.map(({ scope }) => scope), ...contracts], lineage.length)
}

/** I2 for a child at `depth`, below everything in `scopes`. */
function withinDepth(scopes: readonly Scope[], depth: number): Result<void> {
  const deepest = Math.min(LEASE_DEPTH_MAX, ...scopes.map((scope) => scope.limits.max_depth))
  return depth > deepest ? refuse('depth_exceeded', { depth, deepest }) : accept(undefined)
}

/** Fan-out and size of the tree, counted in the transaction that adds the child. */
export function hasRoom(
  parent: Lease,
  counted: { readonly liveChildren: number; readonly tree: number },
): Result<void> {
  const { max_children: max } = parent.scope.limits
  if (counted.liveChildren >= max) return refuse('fanout_exceeded', { max })
  if (counted.tree >= TREE_LEASES_MAX) return refuse('tree_full', { max: TREE_LEASES_MAX })
  return accept(undefined)
}

/** A delegation goes to an agent that can hold leases; an enforcement point holds none. */
export function canHold(delegate: Agent | undefined): Result<Agent> {
  return delegate?.role === 'agent' ? accept(delegate) : refuse('delegate_not_allowed')
}
