import type { Agent } from '../../domain/agent.ts'
import type { Exposure } from '../../domain/implementation-tier.ts'
import { DAY_SECONDS, HOUR_SECONDS, standingAt } from '../../domain/rate.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { Reads } from '../../store/ports.ts'
import { type Caller, requireAgent } from '../caller.ts'
import type { World } from '../world.ts'
import { requireInForce } from './live-contracts.ts'

/** How many calls of an agent count now, and how many there is room for. */
export interface RateUse {
  readonly used: number
  readonly remaining: number | 'unlimited'
}

/** An agent's connection as it stands: its contract, and whether that still holds. */
export interface ConnectionNow {
  readonly agent: Agent
  /** A suspended or revoked agent is refused before it can ask. */
  readonly state: 'active' | 'contract_expired'
  /** Of what the terms allow in an hour and in a day. */
  readonly rate: { readonly hour: RateUse; readonly day: RateUse }
  /** What the deployment lets agents have of credentials at most. */
  readonly exposure: Exposure
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
    const { exposure = 'use' } = world
    const hour = await useOf(reads, agent, [HOUR_SECONDS, agent.terms.rate.hour])
    const day = await useOf(reads, agent, [DAY_SECONDS, agent.terms.rate.day])
    return accept({ agent, state, rate: { hour, day }, exposure, at: reads.now })
  })
}

async function useOf(
  reads: Reads,
  { tenant, uri }: Agent,
  [perSeconds, limit]: readonly [number, number | 'unlimited'],
): Promise<RateUse> {
  const counted = await reads.agentRate(tenant, uri, perSeconds)
  const { used } = standingAt(counted, perSeconds, reads.now)
  return { used, remaining: limit === 'unlimited' ? limit : Math.max(0, limit - used) }
}
