import type { AuditEvent } from '../../domain/audit.ts'
import type { AgentUri, ApprovalId, LeaseId } from '../../domain/ids.ts'
import type { Lease } from '../../domain/lease.ts'
import { type Facts, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { ScopeRequest } from '../../domain/scope/types.ts'
import { type Awaiting, isAwaiting } from '../approvals/awaiting.ts'
import { type Caller, requireAgent } from '../caller.ts'
import { decideNo } from '../decide.ts'
import { createDelegation } from '../delegations/create-delegation.ts'
import { redeemDelegation } from '../delegations/redeem-delegation.ts'
import { openLease } from '../leases/open-lease.ts'
import { readLease } from '../leases/read-lease.ts'
import type { SignedToken } from '../tokens/sign-claims.ts'
import type { World } from '../world.ts'
import type { AskedScope, ServedRoute } from './catalog.ts'
import { askedScope, atScopes, coveredGrants } from './entry-scopes.ts'
import { type CatalogEntry, findEntry } from './find-entry.ts'

/** What is wanted of a service, whichever way its lease comes to be. */
interface WantedOfEntry {
  /** Names of the route's scopes, or `METHOD /path`; none: all there is. */
  readonly scopes: readonly string[]
  /** Seconds at most; what is allowed less is cut. */
  readonly ttlAtMost?: number | undefined
  /** Positions below its own that it may be passed on to; absent: as far as it may. */
  readonly maxDepth?: number | undefined
  readonly reason?: string | undefined
  readonly approval?: ApprovalId | undefined
  /** What the face tells the record beside. */
  readonly told?: Facts | undefined
}

/** A lease for a service, by its name. */
export interface EntryOrder extends WantedOfEntry {
  readonly service: string
  /** A lease of the caller's own of which this is to be a part; absent: a root. */
  readonly parent?: LeaseId | undefined
  /** What another agent passed on; stands before everything else that is asked. */
  readonly token?: string | undefined
  /** The one identity the service's credential has to have. */
  readonly identity?: string | undefined
}

/** A part of a lease at a service, for one agent. */
export interface PartOrder extends WantedOfEntry {
  readonly route: ServedRoute
  readonly lease: LeaseId
  readonly delegate: AgentUri
}

/** A lease for a service, and what it was asked as. */
export interface LeasedEntry {
  readonly found: CatalogEntry
  readonly lease: Lease
  readonly named: readonly string[]
}

/** The delegation token of a part, and the scope it was asked as. */
export interface DelegatedPart extends SignedToken {
  readonly scope: AskedScope
}

/**
 * A lease for a service: a new root, a child of a lease that the caller holds, or what a delegation
 * token gives. Reasons about scopes point at those of the order. Refusals: `not_found` alike for
 * what there is not and what the contract does not name, `credential_unavailable`,
 * `scope_not_granted`, `audience_mismatch` for a token of another service, and those of opening,
 * delegating and redeeming.
 */
export async function leaseEntry(
  world: World,
  caller: Caller,
  order: EntryOrder,
): Promise<Result<LeasedEntry | Awaiting>> {
  const { service, told, identity, token, parent } = order
  const found = await findEntry(world, caller, { service, ...(told && { told }) })
  if (!found.ok) return found
  const stands = requireBehind(found.value, identity)
  if (!stands.ok) return noted(world, caller, 'lease.opened', stands, told)
  if (token !== undefined) return redeemed(world, caller, found.value, token)
  if (parent !== undefined) return childOf(world, caller, found.value, { ...order, parent })
  return rootFor(world, caller, found.value, order)
}

/** Makes the delegation token of a part of a lease at a service. Refusals as above. */
export async function delegatePart(
  world: World,
  caller: Caller,
  part: PartOrder,
): Promise<Result<DelegatedPart | Awaiting>> {
  const parent = await readLease(world, caller, { lease: part.lease })
  if (!parent.ok) return parent
  const { route } = part
  const held = parent.value.lease
  const scope = askedScope(route, coveredGrants(route, held.scope), part.scopes)
  if (!scope.ok) return noted(world, caller, 'delegation.created', scope, part.told)
  const left = held.expiresAt - world.store.now()
  const { ttlAtMost: most } = part
  const life = most === undefined ? {} : { ttl_seconds: Math.max(1, Math.min(most, left)) }
  const deep = depthAsked(part.maxDepth, held.lineage.length)
  const limits = { ...life, ...deep.limits }
  const made = await createDelegation(world, caller, {
    lease: part.lease,
    delegate: part.delegate,
    scope: { ...scope.value.request, ...deep, limits },
    reason: part.reason,
    approval: part.approval,
  })
  const pointed = atScopes(made, scope.value, part.scopes)
  if (!pointed.ok) return pointed
  if (isAwaiting(pointed.value)) return accept(pointed.value)
  return accept({ ...pointed.value, scope: scope.value })
}

/** A credential that a route names has to be there; an identity has to be the one it has. */
function requireBehind(
  { route, credential }: CatalogEntry,
  identity: string | undefined,
): Result<void> {
  if (route.credential !== undefined && credential?.state !== 'active') {
    return refuse('credential_unavailable', { credential: route.credential.name })
  }
  if (identity === undefined || credential?.token?.scope === identity) return accept(undefined)
  const detail = 'The service has no such identity.'
  return refuse('scope_not_granted', {}, [{ pointer: '/identityScope', code: 'identity', detail }])
}

async function rootFor(
  world: World,
  caller: Caller,
  found: CatalogEntry,
  order: EntryOrder,
): Promise<Result<LeasedEntry | Awaiting>> {
  const { route, covered, allowed } = found
  const held = allowed.length > 0 ? allowed : covered
  const scope = askedScope(route, held, order.scopes)
  if (!scope.ok) return noted(world, caller, 'lease.opened', scope, order.told)
  const opened = await openLease(world, caller, {
    scope: { ...scope.value.request, ...depthAsked(order.maxDepth, 0) },
    ttlAtMost: order.ttlAtMost,
    reason: order.reason,
    approval: order.approval,
    told: { ...order.told, service: route.service },
  })
  return leased(found, opened, scope.value, order.scopes)
}

/** A narrower part of a lease that the caller holds, held by the caller too. */
async function childOf(
  world: World,
  caller: Caller,
  found: CatalogEntry,
  order: EntryOrder & { readonly parent: LeaseId },
): Promise<Result<LeasedEntry | Awaiting>> {
  const asker = requireAgent(caller)
  if (!asker.ok) return asker
  const part = { ...order, route: found.route, lease: order.parent, delegate: asker.value.uri }
  const made = await delegatePart(world, caller, part)
  if (!made.ok) return made
  if (isAwaiting(made.value)) return accept(made.value)
  const { token, scope } = made.value
  const born = await redeemDelegation(world, caller, { token })
  return leased(found, born, scope, order.scopes)
}

/** A part of a lease that another agent delegated to the caller. */
async function redeemed(
  world: World,
  caller: Caller,
  found: CatalogEntry,
  token: string,
): Promise<Result<LeasedEntry>> {
  // One for another service is refused unspent.
  const wanted = { audience: found.route.resource }
  const born = await redeemDelegation(world, caller, { token, wanted })
  return born.ok ? accept({ found, lease: born.value, named: [] }) : born
}

/** I10: a no to what a scope was asked by is one as well, though no scope came of it. */
function noted(
  world: World,
  caller: Caller,
  event: AuditEvent,
  result: Extract<Result<never>, { ok: false }>,
  facts: Facts = {},
): Promise<Result<never>> {
  return decideNo(world, caller, event, { result, facts })
}

/** How far below its own position a lease may be passed on; absent: as far as it may. */
function depthAsked(
  maxDepth: number | undefined,
  position: number,
): Pick<ScopeRequest, 'limits' | 'delegation'> {
  if (maxDepth === undefined) return {}
  const limits = { max_depth: position + maxDepth }
  return maxDepth === 0 ? { limits, delegation: { allowed: false } } : { limits }
}

function leased(
  found: CatalogEntry,
  result: Result<Lease | Awaiting>,
  scope: AskedScope,
  scopes: readonly string[],
): Result<LeasedEntry | Awaiting> {
  const pointed = atScopes(result, scope, scopes)
  if (!pointed.ok) return pointed
  const { value } = pointed
  return isAwaiting(value) ? accept(value) : accept({ found, lease: value, named: scope.named })
}
