import type { AgentUri, LeaseId } from '../../domain/ids.ts'
import type { Lease, LeaseState } from '../../domain/lease.ts'
import { stateOf } from '../../domain/liveness.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Page, PageRequest, Reads } from '../../store/ports.ts'
import { type Caller, isPeer, isPerson } from '../caller.ts'
import type { World } from '../world.ts'
import { findInTenant, findLease } from './find-lease.ts'

/** A lease and its state at the moment of reading. */
export interface LeaseNow {
  readonly lease: Lease
  readonly state: LeaseState
}

/** Reads one lease; `not_found` to strangers. */
export function readLease(
  world: World,
  caller: Caller,
  input: { readonly lease: LeaseId },
): Promise<Result<LeaseNow>> {
  return world.store.read(async (reads) => {
    const found = await findLease(reads, caller, input.lease)
    if (!found.ok) return found
    const { lease, lineage, revocations } = found.value
    return accept({ lease, state: stateOf(lineage, revocations, reads.now) })
  })
}

/** Lists leases: an agent sees those it holds, an owner or operator all of the tenant. */
export function listLeases(
  world: World,
  caller: Caller,
  input: {
    readonly holder?: AgentUri | undefined
    readonly root?: LeaseId | undefined
    readonly page: PageRequest
  },
): Promise<Result<Page<LeaseNow>>> {
  return world.store.read(async (reads) => {
    if (!isPerson(caller) && !isPeer(caller)) return refuse('forbidden', { kind: caller.kind })
    const holder = isPerson(caller) ? input.holder : caller.uri
    if (input.holder !== undefined && input.holder !== holder) return refuse('forbidden')
    const filter = {
      tenant: caller.tenant,
      ...(holder === undefined ? {} : { holder }),
      ...(input.root === undefined ? {} : { root: input.root }),
    }
    const page = await reads.leases(filter, input.page)
    return accept({ items: await withStates(reads, page.items), cursor: page.cursor })
  })
}

/** A subtree, parents first, at most `limit` leases; `truncated` says whether there are more. */
export function readTree(
  world: World,
  caller: Caller,
  input: { readonly lease: LeaseId; readonly limit: number },
): Promise<Result<{ readonly items: readonly LeaseNow[]; readonly truncated: boolean }>> {
  return world.store.read(async (reads) => {
    const found = await findLease(reads, caller, input.lease)
    if (!found.ok) return found
    const leases = await reads.subtree(caller.tenant, input.lease, input.limit + 1)
    const items = await withStates(reads, leases.slice(0, input.limit))
    return accept({ items, truncated: leases.length > input.limit })
  })
}

async function withStates(reads: Reads, leases: readonly Lease[]): Promise<readonly LeaseNow[]> {
  const items: LeaseNow[] = []
  for (const lease of leases) {
    const found = await findInTenant(reads, lease.tenant, lease.id)
    if (found === undefined) continue
    items.push({ lease, state: stateOf(found.lineage, found.revocations, reads.now) })
  }
  return items
}
