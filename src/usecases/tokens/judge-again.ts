import type { Admitted } from '../../admission/ports.ts'
import { tierAtLeast } from '../../domain/attestation.ts'
import type { TenantId } from '../../domain/ids.ts'
import { holderOf } from '../../domain/lease.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { permits } from '../../domain/scope/permit.ts'
import type { RequestToJudge } from '../../domain/scope/types.ts'
import { type EpochSeconds, earlier } from '../../domain/time.ts'
import { requireInForce } from '../agents/live-contracts.ts'
import { findInTenant } from '../leases/find-lease.ts'
import type { World } from '../world.ts'

/** A call that was admitted and runs, with its body where that was read. */
export interface RunningCall {
  readonly admitted: Admitted
  readonly request: RequestToJudge
}

/**
 * Contracts are live, also for what runs: whether each holder's contract of now still covers a call
 * that was admitted before it moved, with the end the call has under them. Refuses
 * `contract_expired`, `attestation_too_low`, `scope_not_granted`. Budgets, uses and rates were
 * taken when it was admitted, and the evidence in its token was judged then.
 */
export function judgeAgain(
  { store }: Pick<World, 'store'>,
  tenant: TenantId,
  { admitted, request }: RunningCall,
): Promise<Result<EpochSeconds>> {
  const { claims, leaseEndsAt } = admitted
  return store.read(async (reads) => {
    const found = await findInTenant(reads, tenant, claims.lease.id)
    if (found === undefined) return refuse('status_unknown', { lease: claims.lease.id })
    let endsAt = leaseEndsAt
    for (const lease of found.lineage) {
      const agent = await reads.agent(tenant, holderOf(lease))
      if (agent === undefined) continue
      const inForce = requireInForce(agent, reads.now)
      if (!inForce.ok) return inForce
      if (agent.terms.expiresAt !== null) endsAt = earlier(endsAt, agent.terms.expiresAt)
      if (agent.contractVersion === lease.contractVersion) continue
      const { uri, contract, attestation } = agent
      if (!tierAtLeast(attestation.tier, contract.requires.attestation_min)) {
        return refuse('attestation_too_low', { holder: uri, tier: attestation.tier })
      }
      const covered = contract.audiences.includes(claims.audience)
      if (!covered || !permits(contract, request).permitted) {
        return refuse('scope_not_granted', { contract: uri, version: agent.contractVersion })
      }
    }
    return accept(endsAt)
  })
}
