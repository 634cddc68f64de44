import type { Reason, RefusalCode } from '../refusal.ts'
import { permits } from './permit.ts'
import type { RequestToJudge, Scope } from './types.ts'

/**
 * Why the last scope of a lineage covers a request, by which grant at each hop, or which hop took
 * it away: `hop` 0 means that not even the root had it; otherwise `held` is the grant of the hop
 * above that still covered it.
 */
export type Explanation =
  | { readonly permitted: true; readonly grants: readonly number[] }
  | {
      readonly permitted: false
      readonly hop: number
      readonly held: number | null
      readonly code: RefusalCode
      readonly reasons: readonly Reason[]
    }

/**
 * Judges a request against every scope of a lineage, root first. By I4 nothing comes back below the
 * hop that took it away, so the first refusal explains all that follow. Liveness is not looked at.
 */
export function explain(lineage: readonly Scope[], request: RequestToJudge): Explanation {
  const grants: number[] = []
  for (const [hop, scope] of lineage.entries()) {
    const permission = permits(scope, request)
    if (!permission.permitted) {
      const { code, reasons } = permission
      return { permitted: false, hop, held: grants.at(-1) ?? null, code, reasons }
    }
    grants.push(permission.grant)
  }
  return { permitted: true, grants }
}
