import type { Agent } from '../../domain/agent.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { type Caller, requireAgent } from '../caller.ts'
import type { World } from '../world.ts'
import { requireInForce } from './live-contracts.ts'

/** An agent's connection as it stands: its contract, and whether that still holds. */
export interface ConnectionNow {
  readonly agent: Agent
  /** A suspended or revoked agent is refused before it can ask. */
  readonly state: 'active' | 'contract_expired'
  readonly at: EpochSeconds
}

/** An agent asks what it may do and for how long (LEASH-30). Refusal: `forbidden`. */
export function readConnection(world: World, caller: Caller): Promise<Result<ConnectionNow>> {
  return world.store.read(async (reads) => {
    const asker = requireAgent(caller)
    if (!asker.ok) return asker
    const agent = await reads.agent(asker.value.tenant, asker.value.uri)
    if (agent === undefined) return refuse('not_found', { agent: asker.value.uri })
    const inForce = requireInForce(agent, reads.now)
    const state = inForce.ok ? 'active' : 'contract_expired'
    return accept({ agent, state, at: reads.now })
  })
}
