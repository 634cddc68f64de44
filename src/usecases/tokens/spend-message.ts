import type { Admitted } from '../../admission/ports.ts'
import type { RequestId, TenantId } from '../../domain/ids.ts'
import { TOKEN_TTL_SECONDS_DEFAULT } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { later } from '../../domain/time.ts'
import type { World } from '../world.ts'

/**
 * CDPX-37: one message of an admitted WebSocket is one more use of its lease and of all above it:
 * liveness (I6), limits and rates (I11), debit and record (I10) in one step, which shares commits
 * with redemptions. Refusals: those of redeeming; `scope_not_granted` once the contract of a holder
 * is another than when its lease was granted, for a message can not be judged again.
 */
export async function spendMessage(
  { store, ids }: Pick<World, 'store' | 'ids'>,
  tenant: TenantId,
  { admitted, request }: { readonly admitted: Admitted; readonly request: RequestId },
): Promise<Result<void>> {
  const { claims, peer } = admitted
  const outcome = await store.redeem({
    tenant,
    jti: ids.jti(),
    expiresAt: later(store.now(), TOKEN_TTL_SECONDS_DEFAULT),
    lineage: claims.lease.lineage,
    certificate: peer.certificate,
    proofKey: peer.key,
    agent: claims.agent,
    request,
    facts: { audience: claims.audience, message_of: claims.jti },
  })
  if (outcome.kind === 'refused') return { ok: false, refusal: outcome.refusal }
  if (outcome.kind === 'spent') return accept(undefined)
  return refuse('scope_not_granted', { contracts: 'moved' })
}
