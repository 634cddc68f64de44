import type { Agent } from '../../domain/agent.ts'
import type { AgentUri, TenantId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Reads, Transaction } from '../../store/ports.ts'

/**
 * Names that we give are told apart by people too: none may differ from that of another agent in
 * the case of its letters alone. Ids of other trust domains are theirs to give, and shown whole.
 * Agents that have such names go on with them. Refuses `conflict`.
 */
export async function requireOwnName(
  reads: Pick<Reads, 'agentLike'>,
  tenant: TenantId,
  uri: AgentUri,
): Promise<Result<void>> {
  const other = await reads.agentLike(tenant, uri)
  if (other === undefined) return accept(undefined)
  const detail = 'The name of another agent differs from this one in capital letters alone.'
  return refuse('conflict', { agent: uri, other }, [
    { pointer: '/name', code: 'name_taken', detail },
  ])
}

/** Inserts an agent under a name of its own. Refuses `conflict` when the name is taken. */
export async function insertNamed(tx: Transaction, agent: Agent): Promise<Result<void>> {
  const own = await requireOwnName(tx, agent.tenant, agent.uri)
  return own.ok ? tx.insertAgent(agent) : own
}
