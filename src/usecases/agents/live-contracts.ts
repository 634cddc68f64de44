import type { Agent } from '../../domain/agent.ts'
import { holderOf, type Lease } from '../../domain/lease.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Scope } from '../../domain/scope/types.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { Reads } from '../../store/ports.ts'

/** An end that nothing below may outlive: of a lease, or of a contract. */
export type Bound = Pick<Lease, 'expiresAt'>

/** What the contracts of a lineage say of what grows out of it now. */
export interface LineageContracts {
  /** Contracts that have moved on since their lease was granted: ceilings beside the leases. */
  readonly moved: readonly Scope[]
  /** Ends of contracts that have one. */
  readonly ends: readonly Bound[]
}

/**
 * Contracts are live: those of the holders of a lineage (root..self), as they are now. Nothing that
 * grows out of the lineage may go beyond one that moved, or outlive one that ends; calls are judged
 * against them when they are made. Refuses `contract_expired` when one has ended (LEASH-23).
 */
export async function contractsOf(
  reads: Reads,
  lineage: readonly Lease[],
): Promise<Result<LineageContracts>> {
  const moved: Scope[] = []
  const ends: Bound[] = []
  for (const lease of lineage) {
    const agent = await reads.agent(lease.tenant, holderOf(lease))
    if (agent === undefined) continue
    const inForce = requireInForce(agent, reads.now)
    if (!inForce.ok) return inForce
    ends.push(...endsOf(agent))
    if (agent.contractVersion !== lease.contractVersion) moved.push(agent.contract)
  }
  return accept({ moved, ends })
}

/** Refuses `contract_expired` when the agent's contract has ended and was not set anew. */
export function requireInForce(
  agent: Pick<Agent, 'uri' | 'terms'>,
  now: EpochSeconds,
): Result<void> {
  const { expiresAt } = agent.terms
  const over = expiresAt !== null && expiresAt <= now
  return over ? refuse('contract_expired', { agent: agent.uri, expiresAt }) : accept(undefined)
}

/** The end of an agent's contract as a bound, when it has one. */
export function endsOf(agent: Pick<Agent, 'terms'>): readonly Bound[] {
  const { expiresAt } = agent.terms
  return expiresAt === null ? [] : [{ expiresAt }]
}
