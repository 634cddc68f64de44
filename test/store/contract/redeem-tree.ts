import type { Agent } from '../../../src/domain/agent.ts'
import type { Lease } from '../../../src/domain/lease.ts'
import { epochSeconds } from '../../../src/domain/time.ts'
import type { Store } from '../../../src/store/ports.ts'
import { given, T0, testAgent, testLease } from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

/** The agents of the redeeming tests. */
export function people(): readonly Agent[] {
  return ['planner', 'worker', 'helper'].map((name) => testAgent(name))
}

/** A root of the planner, and a leaf of the worker that ends first. */
export async function tree(
  openPlace: OpenPlace,
  limits: { readonly maxUses?: number } = {},
): Promise<{ readonly store: Store; readonly root: Lease; readonly leaf: Lease }> {
  const store = await openPlace().open()
  const root = testLease('planner')
  const leaf = testLease('worker', { parent: root, expiresAt: epochSeconds(T0 + 300), ...limits })
  await given(store, { agents: people(), leases: [root, leaf] })
  return { store, root, leaf }
}

/** The uses counted at each lease; -1 for one that is not there. */
export async function usesOf(
  store: Store,
  ...leases: readonly Lease[]
): Promise<readonly number[]> {
  return store.read(async (reads) => {
    const uses: number[] = []
    for (const { tenant, id } of leases) {
      uses.push((await reads.lineage(tenant, id))?.lease.usesSpent ?? -1)
    }
    return uses
  })
}

/** How many redemptions, allowed or refused, have a record. */
export async function redemptionRecords(store: Store): Promise<number> {
  const rows = await store.read((reads) => reads.auditRows({}, 10_000))
  return rows.filter((row) => JSON.parse(row.body).event === 'token.redeemed').length
}
