import type { AgentUri, TenantId } from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { type Revocation, subjectOf } from '../domain/revocation.ts'
import type { World } from './world.ts'

/** How the reason of a suspension begins that the authority made for a breach. */
export const BREACH = 'breach: '

/**
 * LEASH-21: the authority suspends an agent that exceeded its contract, in one decision: everything
 * it holds anywhere in a lineage is frozen from the commit on (I9). Only the agent's own owner
 * lifts it (`liftSuspension`). Suspending again changes nothing; what is revoked stays revoked.
 * `reason` is words for people, without ids of others. Refusal: `not_found`.
 */
export async function suspendForBreach(
  world: World,
  input: { readonly tenant: TenantId; readonly agent: AgentUri; readonly reason: string },
): Promise<Result<Revocation>> {
  const { tenant, agent } = input
  const reason = `${BREACH}${input.reason}`
  const subject = subjectOf('agent', agent)
  const { result } = await world.store.decide<Revocation>(async (tx) => {
    const known = await tx.agent(tenant, agent)
    const revocation: Revocation = { subject, effect: 'suspended', reason, at: tx.now }
    if (known !== undefined) await tx.recordRevocation(tenant, revocation)
    return {
      result: known === undefined ? refuse('not_found', { agent }) : accept(revocation),
      record: {
        event: 'revocation.recorded',
        outcome: known === undefined ? 'not_found' : 'allowed',
        tenant,
        actor: 'authority',
        request: world.ids.request(),
        lease: null,
        facts: { subject, effect: 'suspended', reason },
      },
    }
  })
  return result
}
