import type { Jti, LeaseId, RequestId, TenantId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Actual, CallUsage, Settled, Settlement } from '../../domain/settlement.ts'
import type { Store } from '../../store/ports.ts'
import { requireUsable } from '../agents/agent-standing.ts'
import { actorOf, type Caller, isPerson, requireEnforcement } from '../caller.ts'
import type { World } from '../world.ts'

/** What one redeemed call came to. */
export interface CallSettlement {
  readonly root: LeaseId
  readonly jti: Jti
  readonly actual: Actual
  readonly usage?: CallUsage
}

/**
 * Settles what redeemed calls reserved, all at once, so that they share commits; each has an
 * outcome of its own. An enforcement point settles its own calls; owners and operators settle any
 * by hand, where the outcome was never told. The state of the lease does not matter: what was spent
 * was spent.
 * Refusals: `forbidden` and the point's standing for all; `not_found`, `malformed`, `conflict` for
 * one.
 */
export async function settleReservations(
  world: World,
  caller: Caller,
  items: readonly CallSettlement[],
): Promise<Result<readonly Promise<Result<Settled>>[]>> {
  const point = await pointOf(world, caller)
  if (!point.ok) return point
  const { tenant, request } = caller
  const by = { tenant, request, actor: actorOf(caller), point: point.value }
  return accept(items.map(async (item) => (await world.store.settle({ ...item, ...by })).result))
}

/** Settles for the gateway of this process, which shares the store of the authority. */
export function settleHere(
  store: Store,
  tenant: TenantId,
  item: CallSettlement & { readonly request: RequestId },
): Promise<Result<Settled>> {
  const by = { tenant, actor: 'authority', point: null } as const
  return store.settle({ ...item, ...by }).then(({ result }) => result)
}

async function pointOf(world: World, caller: Caller): Promise<Result<Settlement['point']>> {
  if (isPerson(caller)) return accept('any')
  const point = requireEnforcement(caller)
  if (!point.ok) return point
  const { uri, certificate, tenant } = point.value
  return world.store.read(async (reads) => {
    const agent = await reads.agent(tenant, uri)
    if (agent === undefined) return refuse('not_found')
    const usable = await requireUsable(reads, agent, certificate)
    return usable.ok ? accept(uri) : usable
  })
}
