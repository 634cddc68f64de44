import { z } from 'zod'
import type { Lease } from '../../domain/lease.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { ScopeRequest } from '../../domain/scope/types.ts'
import { requireAgent } from '../../usecases/caller.ts'
import type { AskedScope } from '../../usecases/catalog/catalog.ts'
import { askedScope, coveredGrants } from '../../usecases/catalog/entry-scopes.ts'
import { type CatalogEntry, findEntry } from '../../usecases/catalog/find-entry.ts'
import { createDelegation } from '../../usecases/delegations/create-delegation.ts'
import { redeemDelegation } from '../../usecases/delegations/redeem-delegation.ts'
import { openLease } from '../../usecases/leases/open-lease.ts'
import { readLease } from '../../usecases/leases/read-lease.ts'
import { rpcMethod } from '../envelope.ts'
import { type CrpAsked, orAwaiting, toldBy } from './asked.ts'
import { atScopes, descriptorOf, grantedScopes, leaseView } from './entry-lease.ts'
import { approval, context, depth, lease, scopes, service, ttl } from './params.ts'

const delegation = z.strictObject({
  parentLeaseId: lease.optional(),
  maxDepth: depth.optional(),
  token: z.string().max(16_384).optional(),
})

const params = z.strictObject({
  service,
  scopes,
  ttl: ttl.optional(),
  delegation: delegation.optional(),
  identityScope: z.string().max(1_024).optional(),
  context: context.optional(),
  approvalId: approval.optional(),
})

/** What is asked for a service, read. */
export type UseParams = z.output<typeof params>

/** A lease for a service, and what it was asked as. */
export interface EntryLease {
  readonly found: CatalogEntry
  readonly lease: Lease
  readonly named: readonly string[]
}

/**
 * CRPX-30, `crp/use`: a lease, where to send calls, and what kind of credential will go with them;
 * never the credential, and nothing that opens it. Calls carry a token each, see `x-crp/token`.
 */
export const use = rpcMethod<CrpAsked, typeof params>({
  name: 'crp/use',
  params,
  async run(asked, given) {
    const { gateway } = asked.world.catalog?.urls ?? {}
    if (gateway === undefined) return refuse('method_not_allowed', { missing: 'gateway' })
    const leased = await leaseFor(asked, given)
    if (!leased.ok) return leased
    const { found, lease: granted, named } = leased.value
    const { route, credential } = found
    return accept({
      lease: leaseView(granted),
      proxyBaseUrl: `${gateway}/${route.name}`,
      service: route.service,
      grantedScopes: grantedScopes(route, granted, named),
      credentialDescriptor: descriptorOf(credential),
      access: { method: 'x-crp/token', header: 'Authorization', prefix: 'Bearer', mtls: true },
    })
  },
})

/**
 * A lease for a service: a new root, a child of a lease that the caller holds, or what a delegation
 * token gives. Lives no longer than asked for; what is allowed less is cut (CRPX-06).
 */
export async function leaseFor(asked: CrpAsked, given: UseParams): Promise<Result<EntryLease>> {
  const { world, caller } = asked
  const told = toldBy(given.service, given.context)
  const found = await findEntry(world, caller, { service: given.service, told })
  if (!found.ok) return found
  const stands = requireBehind(found.value, given.identityScope)
  if (!stands.ok) return stands
  const { token, parentLeaseId } = given.delegation ?? {}
  if (token !== undefined) return redeemed(asked, found.value, token)
  if (parentLeaseId !== undefined) return childOf(asked, found.value, given)
  return rootFor(asked, found.value, given)
}

/** A credential that a route names has to be there; an identity has to be the one it has. */
function requireBehind(
  { route, credential }: CatalogEntry,
  identityScope: string | undefined,
): Result<void> {
  if (route.credential !== undefined && credential?.state !== 'active') {
    return refuse('credential_unavailable', { credential: route.credential.name })
  }
  if (identityScope === undefined || credential?.token?.scope === identityScope) {
    return accept(undefined)
  }
  const detail = 'The service has no such identity.'
  return refuse('scope_not_granted', {}, [{ pointer: '/identityScope', code: 'identity', detail }])
}

async function rootFor(
  { world, caller }: CrpAsked,
  found: CatalogEntry,
  given: UseParams,
): Promise<Result<EntryLease>> {
  const { route, covered, allowed } = found
  const held = allowed.length > 0 ? allowed : covered
  const scope = askedScope(route, held, given.scopes)
  if (!scope.ok) return scope
  const opened = await openLease(world, caller, {
    scope: { ...scope.value.request, ...depthAsked(given.delegation?.maxDepth, 0) },
    ttlAtMost: given.ttl,
    reason: given.context?.purpose,
    approval: given.approvalId,
    told: toldBy(route.service, given.context),
  })
  return leased(found, orAwaiting(opened), scope.value, given.scopes)
}

/** CRPX-31: a narrower part of a lease that the caller holds, held by the caller too. */
async function childOf(
  { world, caller }: CrpAsked,
  found: CatalogEntry,
  given: UseParams,
): Promise<Result<EntryLease>> {
  const asker = requireAgent(caller)
  if (!asker.ok) return asker
  const { parentLeaseId, maxDepth } = given.delegation ?? {}
  if (parentLeaseId === undefined) throw new Error('a child has a parent')
  const made = await delegated(
    { world, caller },
    {
      ...given,
      found,
      lease: parentLeaseId,
      delegate: asker.value.uri,
      maxDepth,
    },
  )
  if (!made.ok) return made
  const { token, scope } = made.value
  const born = await redeemDelegation(world, caller, { token })
  return leased(found, born, scope, given.scopes)
}

/** What is asked of a part of a lease for an agent. */
export interface PartAsked extends Pick<UseParams, 'scopes' | 'ttl' | 'context' | 'approvalId'> {
  readonly found: Pick<CatalogEntry, 'route'>
  readonly lease: Lease['id']
  readonly delegate: Parameters<typeof createDelegation>[2]['delegate']
  readonly maxDepth: number | undefined
}

/** Makes the delegation token of a part of a lease at a service. */
export async function delegated(
  { world, caller }: Pick<CrpAsked, 'world' | 'caller'>,
  part: PartAsked,
) {
  const parent = await readLease(world, caller, { lease: part.lease })
  if (!parent.ok) return parent
  const { route } = part.found
  const held = parent.value.lease
  const scope = askedScope(route, coveredGrants(route, held.scope), part.scopes)
  if (!scope.ok) return scope
  const left = held.expiresAt - world.store.now()
  const life = part.ttl === undefined ? {} : { ttl_seconds: Math.max(1, Math.min(part.ttl, left)) }
  const deep = depthAsked(part.maxDepth, held.lineage.length)
  const limits = { ...life, ...deep.limits }
  const made = orAwaiting(
    await createDelegation(world, caller, {
      lease: part.lease,
      delegate: part.delegate,
      scope: { ...scope.value.request, ...deep, limits },
      reason: part.context?.purpose,
      approval: part.approvalId,
    }),
  )
  const pointed = atScopes(made, scope.value, part.scopes)
  return pointed.ok ? accept({ ...pointed.value, scope: scope.value }) : pointed
}

/** CRPX-31: a part of a lease that another agent delegated to the caller. */
async function redeemed(
  { world, caller }: CrpAsked,
  found: CatalogEntry,
  token: string,
): Promise<Result<EntryLease>> {
  const born = await redeemDelegation(world, caller, { token })
  if (!born.ok) return born
  const there = born.value.scope.audiences.includes(found.route.resource)
  return there ? accept({ found, lease: born.value, named: [] }) : refuse('audience_mismatch')
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
  result: Result<Lease>,
  scope: AskedScope,
  scopes: readonly string[],
): Result<EntryLease> {
  const pointed = atScopes(result, scope, scopes)
  if (!pointed.ok) return pointed
  return accept({ found, lease: pointed.value, named: scope.named })
}
