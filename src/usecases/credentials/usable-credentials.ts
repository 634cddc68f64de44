import type { Agent } from '../../domain/agent.ts'
import type { Credential } from '../../domain/credential.ts'
import { requireFit, requireTerms } from '../../domain/credential-choice.ts'
import { PAGE_ROWS_MAX } from '../../domain/limits.ts'
import type { Reads } from '../../store/ports.ts'

/**
 * The credentials that calls of an agent may use under its terms as they are now, by name: of two
 * with one name and environment the owner's own (PROXY-43). What is disabled, or nothing that a
 * request can carry, is left out. Says nothing of the scope, of a lease, nor of whether a contract
 * has ended; each use is judged again when it is made.
 */
export async function usableCredentials(
  reads: Reads,
  agent: Agent,
): Promise<readonly Credential[]> {
  const { tenant, owner } = agent
  const usable = new Map<string, Credential>()
  let cursor: string | null = null
  do {
    const page = await reads.credentials({ tenant }, { limit: PAGE_ROWS_MAX, cursor })
    for (const credential of page.items) {
      if (credential.owner !== null && credential.owner !== owner) continue
      const key = JSON.stringify([credential.name, credential.environment])
      if (credential.owner === null && usable.has(key)) continue
      usable.set(key, credential)
    }
    cursor = page.cursor
  } while (cursor !== null)
  return [...usable.values()].filter((credential) => mayUse(agent, credential))
}

function mayUse(agent: Agent, credential: Credential): boolean {
  const [origin = ''] = credential.origins
  return (
    requireTerms([agent], credential).ok &&
    requireFit([agent], credential, { origin, approved: true }).ok
  )
}
