import type { LeaseId } from '../domain/ids.ts'
import type { Lease } from '../domain/lease.ts'
import { planRenewal } from '../domain/lifetime.ts'
import { accept, type Result } from '../domain/result.ts'
import { type Caller, requireAgent } from './caller.ts'
import { decide } from './decide.ts'
import { findHeld } from './find-lease.ts'
import { contractsOf } from './live-contracts.ts'
import type { World } from './world.ts'

/**
 * The holder prolongs a live lease; I3 holds for it and every ancestor.
 * Refusals: `not_found`, `forbidden`, `renewal_exceeded`, `not_narrower`,
 * `contract_expired`, and those of I6.
 */
export async function renewLease(
  world: World,
  caller: Caller,
  input: { readonly lease: LeaseId; readonly ttlSeconds: number },
): Promise<Result<Lease>> {
  const asker = requireAgent(caller)
  if (!asker.ok) return asker
  const decided = await decide<Lease>(world, caller, 'lease.renewed', async (tx, details) => {
    details.lease = input.lease
    const found = await findHeld(tx, asker.value, input.lease)
    if (!found.ok) return found
    const { lease, lineage } = found.value
    const standing = await contractsOf(tx, lineage)
    if (!standing.ok) return standing
    const { moved: contracts, ends } = standing.value
    const ancestors = [...lineage.slice(0, -1), ...ends]
    const asked = input.ttlSeconds
    const renewed = planRenewal({ lease, ancestors, contracts, asked, now: tx.now })
    if (!renewed.ok) return renewed
    await tx.recordRenewal({ id: lease.id, ...renewed.value })
    details.facts = { expiresAt: renewed.value.expiresAt, renewals: renewed.value.renewals }
    return accept({ ...lease, ...renewed.value })
  })
  return decided.result
}
