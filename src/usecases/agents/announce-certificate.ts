import type { Agent } from '../../domain/agent.ts'
import { trustDomainOf } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { type Caller, requireAgent } from '../caller.ts'
import { decide } from '../decide.ts'
import type { World } from '../world.ts'
import { requireUsable } from './agent-standing.ts'
import type { AgentNow } from './read-agent.ts'

/**
 * An agent of another trust domain tells that the certificate of this connection is its newest:
 * delegations to it are bound to that one from now on. Its authority renews it without a word to
 * us. Agents of our own renew here, which tells as much. Refusals: `forbidden`, `conflict` for our
 * own, `revoked`, `suspended`.
 */
export async function announceCertificate(world: World, caller: Caller): Promise<Result<AgentNow>> {
  const agent = requireAgent(caller)
  if (!agent.ok) return agent
  const { tenant, uri, certificate } = agent.value
  const { result } = await decide<Agent>(world, caller, 'agent.renewed', async (tx, details) => {
    details.facts = { agent: uri, certificate }
    if (trustDomainOf(uri) === world.trustDomain) return refuse('conflict', { renewed: 'here' })
    const known = await tx.agent(tenant, uri)
    if (known === undefined) return refuse('not_found', { agent: uri })
    const usable = await requireUsable(tx, known, certificate)
    if (!usable.ok) return usable
    const fresh = { ...known, certificate }
    await tx.updateAgent(fresh)
    return accept(fresh)
  })
  return result.ok ? accept({ agent: result.value, state: 'active' }) : result
}
