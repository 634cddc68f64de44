import { holderOf, type Lease } from '../../domain/lease.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Reads } from '../../store/ports.ts'

/** LEASH-22: refuses `forbidden` unless the terms of every holder allow actions now. */
export async function requireActions(
  reads: Reads,
  lineage: readonly Lease[],
): Promise<Result<void>> {
  for (const lease of lineage) {
    const holder = holderOf(lease)
    const agent = await reads.agent(lease.tenant, holder)
    if (agent?.terms.actions === true) continue
    const detail = 'The contract of a holder allows no actions: make the call yourself.'
    return refuse('forbidden', { actions: holder }, [{ pointer: '', code: 'actions', detail }])
  }
  return accept(undefined)
}
