import { holderOf, type Lease } from '../domain/lease.ts'
import type { Scope } from '../domain/scope/types.ts'
import type { Reads } from '../store/ports.ts'

/**
 * Contracts are live: those of the holders of a lineage (root..self) that have moved on since their
 * lease was granted. Nothing that grows out of the lineage now may go beyond any of them; calls are
 * judged against them when they are made.
 */
export async function movedContracts(
  reads: Reads,
  lineage: readonly Lease[],
): Promise<readonly Scope[]> {
  const moved: Scope[] = []
  for (const lease of lineage) {
    const agent = await reads.agent(lease.tenant, holderOf(lease))
    if (agent !== undefined && agent.contractVersion !== lease.contractVersion) {
      moved.push(agent.contract)
    }
  }
  return moved
}
