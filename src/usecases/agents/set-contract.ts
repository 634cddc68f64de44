import type { Agent } from '../../domain/agent.ts'
import { completeContract } from '../../domain/contract.ts'
import type { AgentUri } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { ScopeRequest } from '../../domain/scope/types.ts'
import type { ContractTerms } from '../../domain/terms.ts'
import { type Caller, requireOwnOwner, requireRole } from '../caller.ts'
import { decide } from '../decide.ts'
import type { World } from '../world.ts'

/**
 * The agent's own owner (LEASH-02) sets its contract anew. It counts at once: what was granted
 * under the old one is judged against the new one at each redemption. A contract that had ended is
 * approved again by new terms that end later.
 * Refusals: `forbidden`, `not_found`, `malformed`.
 */
export async function setContract(
  world: World,
  caller: Caller,
  input: {
    readonly agent: AgentUri
    readonly contract: ScopeRequest
    /** Left out: they stay as they are. */
    readonly terms?: ContractTerms | undefined
  },
): Promise<Result<Agent>> {
  const owner = requireRole(caller, 'owner')
  if (!owner.ok) return owner
  const decided = await decide<Agent>(world, caller, 'agent.contract_set', async (tx, details) => {
    details.facts = { agent: input.agent }
    const known = await tx.agent(caller.tenant, input.agent)
    if (known === undefined) return refuse('not_found', { agent: input.agent })
    const own = requireOwnOwner(caller, known.owner)
    if (!own.ok) return own
    const contract = completeContract(input.contract)
    if (!contract.ok) return contract
    const agent: Agent = {
      ...known,
      contract: contract.value,
      terms: input.terms ?? known.terms,
      contractVersion: known.contractVersion + 1,
    }
    details.facts = { agent: input.agent, version: agent.contractVersion }
    await tx.updateAgent(agent)
    return accept(agent)
  })
  return decided.result
}
