import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { CredentialCategory } from '../../domain/terms.ts'
import { requireInForce } from '../agents/live-contracts.ts'
import { type Caller, requireAgent } from '../caller.ts'
import type { World } from '../world.ts'
import { usableCredentials } from './usable-credentials.ts'

/** A category of the caller's terms, and whether anything of it is there to be used. */
export interface AvailableCategory {
  readonly category: CredentialCategory
  readonly available: boolean
}

/**
 * LEASH-29: the categories an agent's terms name. No value, no identifier, no number of them leaves
 * with the answer. Refusals: `forbidden`, `contract_expired`.
 */
export function listCategories(
  world: World,
  caller: Caller,
): Promise<Result<readonly AvailableCategory[]>> {
  return world.store.read(async (reads) => {
    const asker = requireAgent(caller)
    if (!asker.ok) return asker
    const agent = await reads.agent(asker.value.tenant, asker.value.uri)
    if (agent === undefined) return refuse('not_found', { agent: asker.value.uri })
    const inForce = requireInForce(agent, reads.now)
    if (!inForce.ok) return inForce
    const there = new Set((await usableCredentials(reads, agent)).map(({ category }) => category))
    return accept(
      agent.terms.categories.map((category) => ({ category, available: there.has(category) })),
    )
  })
}
