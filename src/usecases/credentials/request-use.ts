import type { Agent } from '../../domain/agent.ts'
import type { ApprovalId } from '../../domain/ids.ts'
import type { Lease } from '../../domain/lease.ts'
import { type RefusalCode, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { hostCovers } from '../../domain/scope/host.ts'
import type { HttpGrant, Scope, ScopeRequest } from '../../domain/scope/types.ts'
import type { CredentialCategory } from '../../domain/terms.ts'
import { callableRoutes } from '../actions/find-place.ts'
import { type Awaiting, isAwaiting } from '../approvals/awaiting.ts'
import { type Caller, requireAgent } from '../caller.ts'
import type { CredentialRoute } from '../catalog/catalog.ts'
import { decideNo } from '../decide.ts'
import { openLease } from '../leases/open-lease.ts'
import type { World } from '../world.ts'
import { usableCredentials } from './usable-credentials.ts'

/** Which credential an agent wants to use: one by its name, or whatever there is of a category. */
export type CredentialWanted =
  | { readonly by: 'identifier'; readonly name: string; readonly environment: string }
  | { readonly by: 'category'; readonly category: CredentialCategory }

/** What is asked for, and the owner's yes where there is one. */
export interface UseRequest {
  readonly wanted: CredentialWanted
  readonly ttlSeconds?: number | undefined
  readonly purpose?: string | undefined
  readonly approval?: ApprovalId | undefined
}

/** The right to use it: a lease, and the routes through which it is used. */
export interface GrantedUse {
  readonly lease: Lease
  readonly routes: readonly CredentialRoute[]
}

/**
 * LEASH-26: an agent asks for a credential and gets its use. What is opened is a root lease of the
 * part of the contract that reaches the upstreams behind it, by the way of every root lease:
 * contract, policies, approval, record. The credential stays where it is, and each use is judged
 * when it is made. The same request makes the same scope, so that the owner's yes to it fits.
 * Refusals: `not_found` alike for what there is not and what the terms do not allow,
 * `credential_unavailable` where no route of this process uses it, `scope_not_granted` where the
 * contract reaches none of its upstreams, and those of `openLease`.
 */
export async function requestUse(
  world: World,
  caller: Caller,
  request: UseRequest,
): Promise<Result<GrantedUse | Awaiting>> {
  const asker = requireAgent(caller)
  if (!asker.ok) return asker
  const { wanted, ttlSeconds, purpose: reason, approval } = request
  const found = await routesFor(world, asker.value, wanted)
  if (!found.ok) {
    const facts = { agent: asker.value.uri, by: wanted.by }
    return decideNo(world, caller, 'lease.opened', { result: found, facts })
  }
  const { scope, routes } = found.value
  const opened = await openLease(world, caller, { scope, ttlSeconds, reason, approval })
  if (!opened.ok) return opened
  return accept(isAwaiting(opened.value) ? opened.value : { lease: opened.value, routes })
}

interface Reached {
  readonly routes: readonly CredentialRoute[]
  readonly scope: ScopeRequest
}

async function routesFor(
  world: World,
  caller: Pick<Agent, 'tenant' | 'uri'>,
  wanted: CredentialWanted,
): Promise<Result<Reached>> {
  const { agent, credentials } = await world.store.read(async (reads) => {
    const agent = await reads.agent(caller.tenant, caller.uri)
    return { agent, credentials: agent ? await usableCredentials(reads, agent) : [] }
  })
  const meant = credentials.filter((credential) =>
    wanted.by === 'category'
      ? credential.category === wanted.category
      : credential.name === wanted.name && credential.environment === wanted.environment,
  )
  if (agent === undefined || meant.length === 0) {
    return no('not_found', 'The contract allows no such secret, or there is none.')
  }
  const used = callableRoutes(world).filter(({ origin, credential }) =>
    meant.some(
      ({ name, environment, origins }) =>
        name === credential.name &&
        environment === credential.environment &&
        origins.includes(origin),
    ),
  )
  if (used.length === 0) {
    return no('credential_unavailable', 'No route of this service uses it.')
  }
  return reachable(agent.contract, used)
}

/** The part of a contract that reaches some of the routes, and which those are. */
function reachable(contract: Scope, used: readonly CredentialRoute[]): Result<Reached> {
  const reached = used.flatMap((route) => {
    const grants = grantsAt(contract, route.origin)
    const known = contract.audiences.includes(route.resource)
    return grants.length === 0 || !known ? [] : [{ route, grants }]
  })
  if (reached.length === 0) {
    return no('scope_not_granted', 'The contract reaches no upstream that it is used for.')
  }
  const routes = reached.map(({ route }) => route)
  const grants = new Map(
    reached.flatMap((one) => one.grants).map((grant) => [JSON.stringify(grant), grant]),
  )
  const audiences = [...new Set(routes.map(({ resource }) => resource))]
  return accept({
    routes,
    scope: { type: contract.type, grants: [...grants.values()], audiences },
  })
}

/** What the contract's grants allow at one origin, and nothing anywhere else. */
function grantsAt({ grants }: Scope, origin: string): readonly HttpGrant[] {
  const { protocol, hostname: host, port } = new URL(origin)
  const scheme = protocol.slice(0, -1)
  const number = port === '' ? DEFAULT_PORTS[scheme] : Number(port)
  return grants.flatMap((grant) => {
    if (grant.type !== 'http' || number === undefined) return []
    const reaches =
      grant.schemes.includes(scheme) &&
      grant.ports.includes(number) &&
      grant.hosts.some((pattern) => hostCovers(pattern, host))
    return reaches ? [{ ...grant, schemes: [scheme], hosts: [host], ports: [number] }] : []
  })
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { https: 443, http: 80 }

function no(code: RefusalCode, detail: string): Extract<Result<never>, { ok: false }> {
  return refuse(code, {}, [{ pointer: '', code, detail }])
}
