import type { AgentUri, LeaseId } from '../../domain/ids.ts'
import type { LabelText } from '../../domain/labels.ts'
import { type Lease, type LeaseState, rootOf } from '../../domain/lease.ts'
import { stateOf } from '../../domain/liveness.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { subjectsOf } from '../../domain/revocation.ts'
import type { Page, PageRequest, Reads } from '../../store/ports.ts'
import { type Caller, isPeer, isPerson } from '../caller.ts'
import type { World } from '../world.ts'
import { findLease } from './find-lease.ts'

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
    /** Roots alone. */
    readonly roots?: boolean | undefined
    readonly text?: string | undefined
    readonly label?: LabelText | undefined
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
      ...(input.roots === true ? { parent: null } : {}),
      ...(input.text === undefined ? {} : { text: input.text }),
      ...(input.label === undefined ? {} : { label: input.label }),
    }
    const page = await reads.leases(filter, input.page)
    return accept({ items: await withStates(reads, page.items), cursor: page.cursor })
  })
}

/** One level of a tree: what its rows are, and how many are below each. */
export interface ChildLease extends LeaseNow {
  /** Direct children, living or not. */
  readonly children: number
}

/** The direct children of a lease, a page at a time; `not_found` to strangers. */
export function listChildren(
  world: World,
  caller: Caller,
  input: { readonly lease: LeaseId; readonly page: PageRequest },
): Promise<Result<Page<ChildLease>>> {
  return world.store.read(async (reads) => {
    const found = await findLease(reads, caller, input.lease)
    if (!found.ok) return found
    const root = rootOf(found.value.lease.lineage)
    const { tenant } = caller
    const page = await reads.leases({ tenant, root, parent: input.lease }, input.page)
    const counts = await reads.countChildren(
      tenant,
      page.items.map(({ id }) => id),
    )
    const items = await withStates(reads, page.items)
    return accept({
      items: items.map((now) => ({ ...now, children: counts.get(now.lease.id) ?? 0 })),
      cursor: page.cursor,
    })
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

/** Leases whose states are read together; each brings some dozens of subjects at the most. */
const STATES_AT_ONCE = 500

/** Their states, from lineages and revocations that are read for many at once. */
async function withStates(reads: Reads, leases: readonly Lease[]): Promise<readonly LeaseNow[]> {
  const items: LeaseNow[] = []
  for (let at = 0; at < leases.length; at += STATES_AT_ONCE) {
    items.push(...(await statesOf(reads, leases.slice(at, at + STATES_AT_ONCE))))
  }
  return items
}

async function statesOf(reads: Reads, leases: readonly Lease[]): Promise<readonly LeaseNow[]> {
  const [first] = leases
  if (first === undefined) return []
  const known = new Map(leases.map((lease) => [lease.id, lease]))
  const above = new Set(leases.flatMap(({ lineage }) => lineage.filter((id) => !known.has(id))))
  for (const lease of await reads.leasesOf(first.tenant, [...above])) known.set(lease.id, lease)
  const named = new Set(leases.flatMap((lease) => subjectsOf(lease)))
  const revocations = await reads.revocations(first.tenant, [...named])
  const standing = new Map(revocations.map((row) => [row.subject, row]))
  return leases.map((lease) => {
    const lineage = lease.lineage.flatMap((id) => known.get(id) ?? [])
    if (lineage.length < lease.lineage.length)
      throw new Error(`The lineage of ${lease.id} is torn.`)
    const against = subjectsOf(lease).flatMap((subject) => standing.get(subject) ?? [])
    return { lease, state: stateOf(lineage, against, reads.now) }
  })
}
