import type { Admitted } from '../../admission/ports.ts'
import type { Agent } from '../../domain/agent.ts'
import { tierAtLeast } from '../../domain/attestation.ts'
import type { WantedCredential } from '../../domain/credential-choice.ts'
import type { TenantId } from '../../domain/ids.ts'
import { holderOf, type Lease } from '../../domain/lease.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { permits } from '../../domain/scope/permit.ts'
import type { RequestToJudge } from '../../domain/scope/types.ts'
import { type EpochSeconds, earlier } from '../../domain/time.ts'
import { requireInForce } from '../agents/live-contracts.ts'
import { readAllowed } from '../credentials/choose-credential.ts'
import { findInTenant } from '../leases/find-lease.ts'
import { callJudge } from '../policies/ask-policy.ts'
import type { World } from '../world.ts'

/** A call that was admitted and runs. */
export interface RunningCall {
  readonly admitted: Admitted
  /** With its body, where that was read or there is none. */
  readonly request: RequestToJudge
  /** What was put into it, and where it went; undefined where nothing was. */
  readonly credential: WantedCredential | undefined
}

/**
 * Contracts and policies are live, also for what runs: whether those of now still allow a call that
 * was admitted before they moved, with the end the call has under them.
 */
export function judgeAgain(
  world: Pick<World, 'store' | 'policies'>,
  tenant: TenantId,
  call: RunningCall,
  moved: 'contract' | 'policies',
): Promise<Result<EpochSeconds>> {
  return moved === 'policies'
    ? underPolicies(world, tenant, call)
    : underContracts(world, tenant, call)
}

/**
 * Refuses `policy_denied`, `quarantined`, `approval_required`, and `status_unknown` where the
 * policies ask for a body that went on unread.
 */
async function underPolicies(
  world: Pick<World, 'store' | 'policies'>,
  tenant: TenantId,
  { admitted, request, credential }: RunningCall,
): Promise<Result<EpochSeconds>> {
  const { claims, peer, leaseEndsAt } = admitted
  const judge = callJudge(world, tenant)
  if (judge === undefined) return accept(leaseEndsAt)
  const withBody = async () => {
    const isKnown = request.type !== 'http' || request.body !== undefined
    return isKnown ? accept(request) : refuse('status_unknown', { body: 'unread' })
  }
  const call = { claims, peer, credential, request, withBody }
  const judged = await judge(call, world.store.now())
  return judged.ok ? accept(leaseEndsAt) : judged
}

/**
 * Refuses `contract_expired`, `attestation_too_low`, `scope_not_granted`, and those of
 * `readAllowed` about the credential. Budgets, uses and rates were taken when the call was
 * admitted, and the evidence in its token was judged then.
 */
function underContracts(
  { store }: Pick<World, 'store'>,
  tenant: TenantId,
  call: RunningCall,
): Promise<Result<EpochSeconds>> {
  const { admitted, credential } = call
  const { claims, leaseEndsAt } = admitted
  return store.read(async (reads) => {
    const found = await findInTenant(reads, tenant, claims.lease.id)
    if (found === undefined) return refuse('status_unknown', { lease: claims.lease.id })
    const { lease, lineage } = found
    const holders: Agent[] = []
    let endsAt = leaseEndsAt
    for (const held of lineage) {
      const agent = await reads.agent(tenant, holderOf(held))
      if (agent === undefined) continue
      holders.push(agent)
      const inForce = requireInForce(agent, reads.now)
      if (!inForce.ok) return inForce
      if (agent.terms.expiresAt !== null) endsAt = earlier(endsAt, agent.terms.expiresAt)
      const covered = requireCovered(agent, held, call)
      if (!covered.ok) return covered
    }
    if (credential === undefined) return accept(endsAt)
    const allowed = await readAllowed(reads, { lease, holders, claims }, credential)
    return allowed.ok ? accept(endsAt) : allowed
  })
}

/** Whether the contract of one holder covers the call; one that did not move since does. */
function requireCovered(
  { uri, contract, contractVersion: version, terms, attestation }: Agent,
  held: Lease,
  { admitted, request }: RunningCall,
): Result<void> {
  if (version === held.contractVersion) return accept(undefined)
  const { audience, confirmation } = admitted.claims
  const byKey = confirmation.key !== undefined && confirmation.certificate === undefined
  if (byKey && terms.keyOnly !== true) {
    return refuse('scope_not_granted', { contract: uri, version, keyOnly: false })
  }
  if (!tierAtLeast(attestation.tier, contract.requires.attestation_min)) {
    return refuse('attestation_too_low', { holder: uri, tier: attestation.tier })
  }
  return contract.audiences.includes(audience) && permits(contract, request).permitted
    ? accept(undefined)
    : refuse('scope_not_granted', { contract: uri, version })
}
