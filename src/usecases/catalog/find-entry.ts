import type { Agent } from '../../domain/agent.ts'
import type { Credential } from '../../domain/credential.ts'
import { requireTerms } from '../../domain/credential-choice.ts'
import { CATALOG_PARTS_MAX } from '../../domain/limits.ts'
import { type Facts, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { type HttpGrant, SCOPE_TYPE } from '../../domain/scope/types.ts'
import type { Reads } from '../../store/ports.ts'
import { type AgentCaller, type Caller, requireAgent } from '../caller.ts'
import { decideNo } from '../decide.ts'
import { factsOf } from '../policies/ask-policy.ts'
import { grantUnderPolicy } from '../policies/grant-under-policy.ts'
import type { World } from '../world.ts'
import type { ServedRoute } from './catalog.ts'
import { coveredGrants, partsOf } from './entry-scopes.ts'

/** A service as one agent may see it. */
export interface CatalogEntry {
  readonly route: ServedRoute
  readonly agent: Agent
  /** What the agent's contract holds of it; never empty. */
  readonly covered: readonly HttpGrant[]
  /** What of that the policies would grant now, in whole or in parts; may be empty. */
  readonly allowed: readonly HttpGrant[]
  /** The credential behind it, as it would be chosen; undefined when there is none. */
  readonly credential: Credential | undefined
}

/**
 * Finds a service for an agent that wants to use it. One that its contract does not name and one
 * that does not exist look alike: `not_found`, with one record each (I10).
 */
export async function findEntry(
  world: World,
  caller: Caller,
  input: { readonly service: string; readonly told?: Facts },
): Promise<Result<CatalogEntry>> {
  const asker = requireAgent(caller)
  if (!asker.ok) return asker
  const route = world.catalog.find(input.service)
  const found = await world.store.read(async (reads) => {
    const agent = await reads.agent(caller.tenant, asker.value.uri)
    return agent && route && (await entryFor(world, reads, asker.value, { agent, route }))
  })
  if (found !== undefined) return accept(found)
  const service = route?.service ?? 'unknown'
  const result = refuse('not_found', { unknown: 'service' })
  return decideNo(world, caller, 'lease.opened', { result, facts: { ...input.told, service } })
}

/**
 * The services an agent could use now, by name: those its contract names and of which the policies
 * would grant something. Decides nothing. Refuses `forbidden` to others than agents.
 */
export function listEntries(
  world: World,
  caller: Caller,
  input: {
    /** Only names after this one. */
    readonly after: string
    readonly prefix: string
    readonly limit: number
    readonly accepts: (service: CatalogEntry) => boolean
  },
): Promise<Result<{ readonly items: readonly CatalogEntry[]; readonly more: boolean }>> {
  return world.store.read(async (reads) => {
    const asker = requireAgent(caller)
    if (!asker.ok) return asker
    const agent = await reads.agent(caller.tenant, asker.value.uri)
    const items: CatalogEntry[] = []
    for (const route of agent === undefined ? [] : world.catalog.routes) {
      const { service } = route
      if (agent === undefined || service <= input.after) continue
      if (!service.startsWith(input.prefix)) continue
      const found = await entryFor(world, reads, asker.value, { agent, route })
      if (found === undefined || found.allowed.length === 0 || !input.accepts(found)) continue
      if (items.length === input.limit) return accept({ items, more: true })
      items.push(found)
    }
    return accept({ items, more: false })
  })
}

async function entryFor(
  world: World,
  reads: Reads,
  caller: AgentCaller,
  { agent, route }: { readonly agent: Agent; readonly route: ServedRoute },
): Promise<CatalogEntry | undefined> {
  const { tenant } = caller
  const covered = coveredGrants(route, agent.contract)
  const may = route.credential === undefined || requireTerms([agent], route.credential).ok
  if (covered.length === 0 || !may) return undefined
  const credential =
    route.credential &&
    (await reads.credential({ tenant, ...route.credential, owner: agent.owner }))
  const asks = (grants: readonly HttpGrant[]) =>
    grantUnderPolicy(world, {
      request: { type: SCOPE_TYPE, grants, audiences: [route.resource] },
      above: agent.contract,
      holder: agent,
      now: reads.now,
      questions: [
        {
          action: 'lease.open',
          ...factsOf({ agent, certificate: caller.certificate, lineage: [], at: reads.now }),
        },
      ],
    }).ok
  const allowed = asks(covered)
    ? covered
    : partsOf(covered, CATALOG_PARTS_MAX).filter((part) => asks([part]))
  return { route, agent, covered, allowed, credential }
}
