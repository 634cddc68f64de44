import type { LeaseId } from '../../domain/ids.ts'
import type { Lease } from '../../domain/lease.ts'
import type { Facts } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { type Caller, requireAgent } from '../caller.ts'
import { decide } from '../decide.ts'
import type { World } from '../world.ts'
import { findHeld } from './find-lease.ts'

/**
 * The holder gives a live lease back; with it ends everything below (I6). Final.
 * Refusals: `not_found`, `forbidden`, and those of I6.
 */
export async function releaseLease(
  world: World,
  caller: Caller,
  input: { readonly lease: LeaseId; readonly told?: Facts | undefined },
): Promise<Result<Lease>> {
  const asker = requireAgent(caller)
  if (!asker.ok) return asker
  const decided = await decide<Lease>(world, caller, 'lease.released', async (tx, details) => {
    details.lease = input.lease
    details.facts = input.told ?? {}
    const found = await findHeld(tx, asker.value, input.lease)
    if (!found.ok) return found
    await tx.recordRelease(input.lease, tx.now)
    return accept({ ...found.value.lease, releasedAt: tx.now })
  })
  return decided.result
}
