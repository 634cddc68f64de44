import type { ApprovalId, LeaseId } from '../domain/ids.ts'
import { depthOf, type Lease } from '../domain/lease.ts'
import { planRenewal } from '../domain/lifetime.ts'
import { accept, type Result } from '../domain/result.ts'
import type { Awaiting } from './approvals/awaiting.ts'
import { byContract, requestBelow, requireConsent } from './approvals/consent.ts'
import { type Caller, requireAgent } from './caller.ts'
import { decide } from './decide.ts'
import { findHeld } from './find-lease.ts'
import { contractsOf } from './live-contracts.ts'
import type { World } from './world.ts'

/**
 * The holder prolongs a live lease; I3 holds for it and every ancestor. A root lease whose holder's
 * contract asks for a yes to each request is not prolonged without one either.
 * Refusals: `not_found`, `forbidden`, `renewal_exceeded`, `not_narrower`, `contract_expired`,
 * `approval_denied`, `rate_limited`, and those of I6.
 */
export async function renewLease(
  world: World,
  caller: Caller,
  input: {
    readonly lease: LeaseId
    readonly ttlSeconds: number
    readonly approval?: ApprovalId | undefined
  },
): Promise<Result<Lease | Awaiting>> {
  const asker = requireAgent(caller)
  if (!asker.ok) return asker
  const decided = await decide<Lease | Awaiting>(
    world,
    caller,
    'lease.renewed',
    async (tx, details) => {
      details.lease = input.lease
      const found = await findHeld(tx, asker.value, input.lease)
      if (!found.ok) return found
      const { lease, lineage, holder: agent } = found.value
      const standing = await contractsOf(tx, lineage)
      if (!standing.ok) return standing
      const { moved: contracts, ends } = standing.value
      const ancestors = [...lineage.slice(0, -1), ...ends]
      const asked = input.ttlSeconds
      const renewed = planRenewal({ lease, ancestors, contracts, asked, now: tx.now })
      if (!renewed.ok) return renewed
      const consent = await requireConsent(world, tx, details, {
        request: {
          ...requestBelow(asker.value, lease, lease.scope),
          kind: 'lease',
          ttlSeconds: asked,
        },
        agent,
        holders: lease.holders,
        reason: undefined,
        need: depthOf(lease) === 0 ? byContract(world, agent) : undefined,
        approval: input.approval,
      })
      if (!consent.ok) return consent
      if (consent.value !== undefined) return accept(consent.value)
      await tx.recordRenewal({ id: lease.id, ...renewed.value })
      details.facts = {
        ...details.facts,
        expiresAt: renewed.value.expiresAt,
        renewals: renewed.value.renewals,
      }
      return accept({ ...lease, ...renewed.value })
    },
  )
  return decided.result
}
