import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { requireUsable } from '../agents/agent-standing.ts'
import type { AgentCaller } from '../caller.ts'
import { decide } from '../decide.ts'
import type { World } from '../world.ts'
import { type AgentFingerprint, agentFingerprint } from './agent-fingerprint.ts'

/** What an agent says of itself, and over which end it came. */
export interface SessionInput {
  /** Words of the agent: recorded, and compared with nothing. */
  readonly agentId: string
  readonly agentVersion: string
  readonly transport: 'remote' | 'local'
  readonly address: string | undefined
}

/**
 * CDPX-04: an agent that has proven who it is registers. Opens nothing by itself; the record says
 * who came, how, and what it calls itself. Refusals: `unauthenticated`, `revoked`, `suspended`.
 */
export async function registerSession(
  world: World,
  caller: AgentCaller,
  { agentId, agentVersion, transport, address }: SessionInput,
): Promise<Result<AgentFingerprint>> {
  const decided = await decide<AgentFingerprint>(
    world,
    caller,
    'session.registered',
    async (tx, details) => {
      const said = { agent_id: agentId, agent_version: agentVersion }
      details.facts = { ...said, transport, address: address ?? null }
      const agent = await tx.agent(caller.tenant, caller.uri)
      if (agent?.role !== 'agent') return refuse('unauthenticated')
      const usable = await requireUsable(tx, agent, caller.certificate)
      if (!usable.ok) return usable
      const print = agentFingerprint(agent, caller)
      const { method, tier } = agent.attestation
      const fingerprint = print.bytes.toString('hex')
      details.facts = { ...details.facts, attestation: method, tier, fingerprint }
      return accept(print)
    },
  )
  return decided.result
}
