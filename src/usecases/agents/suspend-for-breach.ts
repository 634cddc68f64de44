import type { AlertKind } from '../../domain/alert.ts'
import type { AgentUri, LeaseId, TenantId } from '../../domain/ids.ts'
import { type Facts, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { type Revocation, subjectOf } from '../../domain/revocation.ts'
import type { World } from '../world.ts'

/** How the reason of a suspension begins that the authority made for a breach. */
export const BREACH = 'breach: '

/** A breach that was found. */
export interface Breach {
  readonly tenant: TenantId
  readonly agent: AgentUri
  /** Words for people, without secrets: they stand in the revocation and in the alert. */
  readonly reason: string
  /** What the alert is called; `contract.rate_exceeded` when nothing else is said. */
  readonly alert?: AlertKind
  readonly lease?: LeaseId | null
  readonly facts?: Facts
}

/**
 * LEASH-21: the authority suspends an agent that exceeded its contract and raises an alert for its
 * owner, in one decision: everything it holds anywhere in a lineage is frozen from the commit on
 * (I9). Only the agent's own owner lifts it (`liftSuspension`). What is suspended or revoked
 * already stays as it is, and is not told of again. Refusal: `not_found`.
 */
export async function suspendForBreach(world: World, breach: Breach): Promise<Result<Revocation>> {
  const { tenant, agent, lease = null, alert: kind = 'contract.rate_exceeded' } = breach
  const reason = `${BREACH}${breach.reason}`
  const subject = subjectOf('agent', agent)
  const { result } = await world.store.decide<Revocation>(async (tx) => {
    const known = await tx.agent(tenant, agent)
    const [before] = await tx.revocations(tenant, [subject])
    const revocation: Revocation = before ?? { subject, effect: 'suspended', reason, at: tx.now }
    if (known !== undefined && before === undefined) {
      await tx.recordRevocation(tenant, revocation)
      const facts = { ...breach.facts, reason }
      await tx.raiseAlert({ tenant, kind, severity: 'critical', subject, lease, facts })
    }
    return {
      result: known === undefined ? refuse('not_found', { agent }) : accept(revocation),
      record: {
        event: 'revocation.recorded',
        outcome: known === undefined ? 'not_found' : 'allowed',
        tenant,
        actor: 'authority',
        request: world.ids.request(),
        lease,
        facts: { subject, effect: revocation.effect, reason },
      },
    }
  })
  return result
}
