import type { LeaseId } from '../../domain/ids.ts'
import { accept, type Result } from '../../domain/result.ts'
import { type Explanation, explain } from '../../domain/scope/explain.ts'
import type { RequestToJudge } from '../../domain/scope/types.ts'
import type { Caller } from '../caller.ts'
import type { World } from '../world.ts'
import { findLease } from './find-lease.ts'

/**
 * Tells whether a lease covers a request and, when it does not, which hop of the lineage took it
 * away. Looks at scopes only, not at liveness. `not_found` to strangers.
 */
export function explainRequest(
  world: World,
  caller: Caller,
  input: { readonly lease: LeaseId; readonly request: RequestToJudge },
): Promise<Result<Explanation>> {
  return world.store.read(async (reads) => {
    const found = await findLease(reads, caller, input.lease)
    if (!found.ok) return found
    const scopes = found.value.lineage.map((lease) => lease.scope)
    return accept(explain(scopes, input.request))
  })
}
