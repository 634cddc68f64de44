import type { Handle } from '../../domain/handle.ts'
import type { LeaseId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Page, PageRequest } from '../../store/ports.ts'
import { type Caller, isPerson } from '../caller.ts'
import { findLease } from '../leases/find-lease.ts'
import type { World } from '../world.ts'

/** The handles of one lease, for whoever may know of it, or of the tenant, for people. */
export function listHandles(
  world: World,
  caller: Caller,
  input: { readonly lease?: LeaseId | undefined; readonly page: PageRequest },
): Promise<Result<Page<Handle>>> {
  return world.store.read<Result<Page<Handle>>>(async (reads) => {
    const { lease, page } = input
    if (lease === undefined) {
      return isPerson(caller)
        ? accept(await reads.handles({ tenant: caller.tenant }, page))
        : refuse('malformed', {}, [
            { pointer: '/lease_id', code: 'missing', detail: 'Name the lease.' },
          ])
    }
    const found = await findLease(reads, caller, lease)
    return found.ok ? accept(await reads.handles({ tenant: caller.tenant, lease }, page)) : found
  })
}
