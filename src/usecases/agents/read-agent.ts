import type { Agent } from '../../domain/agent.ts'
import type { AgentUri } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Page, PageRequest, Reads } from '../../store/ports.ts'
import { type Caller, isPeer, isPerson, requireRole } from '../caller.ts'
import type { World } from '../world.ts'
import { requireUsable } from './agent-standing.ts'

/** An agent and whether anything stands against it now. */
export interface AgentNow {
  readonly agent: Agent
  readonly state: 'active' | 'suspended' | 'revoked'
}

/** Reads one agent: for owners, operators and the agent itself; `not_found` to strangers. */
export function readAgent(
  world: World,
  caller: Caller,
  input: { readonly agent: AgentUri },
): Promise<Result<AgentNow>> {
  return world.store.read(async (reads) => {
    const known = await reads.agent(caller.tenant, input.agent)
    const may = isPerson(caller) || (isPeer(caller) && caller.uri === input.agent)
    if (known === undefined || !may) return refuse('not_found', { agent: input.agent })
    return accept(await agentNow(reads, known))
  })
}

/** Lists the agents of the tenant. */
export function listAgents(
  world: World,
  caller: Caller,
  input: { readonly page: PageRequest },
): Promise<Result<Page<AgentNow>>> {
  return world.store.read(async (reads) => {
    const person = requireRole(caller, 'owner', 'operator')
    if (!person.ok) return person
    const page = await reads.agents(caller.tenant, input.page)
    const items: AgentNow[] = []
    for (const agent of page.items) items.push(await agentNow(reads, agent))
    return accept({ items, cursor: page.cursor })
  })
}

async function agentNow(reads: Reads, agent: Agent): Promise<AgentNow> {
  const usable = await requireUsable(reads, agent)
  const stopped = usable.ok ? undefined : usable.refusal.code
  const state = stopped === 'revoked' || stopped === 'suspended' ? stopped : 'active'
  return { agent, state }
}
