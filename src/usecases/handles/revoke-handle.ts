import type { Handle } from '../../domain/handle.ts'
import type { HandleId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { subjectOf } from '../../domain/revocation.ts'
import type { Caller } from '../caller.ts'
import { decide } from '../decide.ts'
import { findLease } from '../leases/find-lease.ts'
import type { World } from '../world.ts'

/**
 * Takes a handle back: for whoever may know of its lease. From the answer on no call that starts
 * with it succeeds, and those that run are cut (I9): its digest is revoked as a certificate would
 * be. Again changes nothing. Refusals: `not_found`.
 */
export async function revokeHandle(
  world: World,
  caller: Caller,
  input: { readonly handle: HandleId; readonly reason: string },
): Promise<Result<Handle>> {
  const decided = await decide<Handle>(world, caller, 'handle.revoked', async (tx, details) => {
    details.facts = { handle: input.handle, reason: input.reason }
    const handle = await tx.handle(caller.tenant, input.handle)
    if (handle === undefined) return refuse('not_found')
    details.lease = handle.lease
    const found = await findLease(tx, caller, handle.lease)
    if (!found.ok) return found
    await tx.recordHandleRevoked(caller.tenant, handle.id, tx.now)
    const subject = subjectOf('certificate', handle.digest)
    const { reason } = input
    await tx.recordRevocation(caller.tenant, { subject, effect: 'revoked', reason, at: tx.now })
    return accept({ ...handle, revokedAt: handle.revokedAt ?? tx.now })
  })
  return decided.result
}
