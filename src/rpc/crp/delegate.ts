import { z } from 'zod'
import type { LeaseId } from '../../domain/ids.ts'
import { MINT_BATCH_MAX, TOKEN_TTL_SECONDS_MAX } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { timeText } from '../../listener/time-text.ts'
import type { ServedRoute } from '../../usecases/catalog/catalog.ts'
import { delegatePart } from '../../usecases/catalog/lease-entry.ts'
import { readLease } from '../../usecases/leases/read-lease.ts'
import { mintTokens } from '../../usecases/tokens/mint-tokens.ts'
import { rpcMethod } from '../envelope.ts'
import { type CrpAsked, orAwaiting, toldBy } from './asked.ts'
import { agent, approval, context, depth, lease, scopes, ttl } from './params.ts'

const delegateParams = z.strictObject({
  leaseId: lease,
  delegate: agent,
  scopes,
  ttl: ttl.optional(),
  maxDepth: depth.optional(),
  context: context.optional(),
  approvalId: approval.optional(),
})

/**
 * CRPX-33, `crp/delegate`: a narrower part of a lease for one other agent, never deeper than every
 * lease above allows. The answer is a token that this agent alone can turn into a lease, once, with
 * its own certificate: `crp/use` with `delegation.token`.
 */
export const delegate = rpcMethod<CrpAsked, typeof delegateParams>({
  name: 'crp/delegate',
  params: delegateParams,
  async run(asked, given) {
    const route = await routeOf(asked, given.leaseId)
    if (!route.ok) return route
    const { leaseId, delegate: to, approvalId } = given
    const made = orAwaiting(
      await delegatePart(asked.world, asked.caller, {
        route: route.value,
        lease: leaseId,
        delegate: to,
        scopes: given.scopes,
        ttlAtMost: given.ttl,
        maxDepth: given.maxDepth,
        reason: given.context?.purpose,
        approval: approvalId,
        told: toldBy(route.value.service, given.context),
      }),
    )
    if (!made.ok) return made
    const { token, claims, scope } = made.value
    return accept({
      delegation: { token, delegate: to, expiresAt: timeText(claims.expiresAt) },
      parentLeaseId: leaseId,
      service: route.value.service,
      grantedScopes: [...new Set(scope.named.length > 0 ? scope.named : given.scopes)],
      delegationDepth: claims.depth,
      maxDepth: claims.maxDepth,
    })
  },
})

const tokenParams = z.strictObject({
  leaseId: lease,
  count: z.int().min(1).max(MINT_BATCH_MAX).default(1),
  ttl: z.int().min(1).max(TOKEN_TTL_SECONDS_MAX).optional(),
  context: context.optional(),
  approvalId: approval.optional(),
})

/**
 * An extension of ours (CRPX-24): call tokens of a lease. Each is good for one call behind the
 * lease's `proxyBaseUrl`, over the certificate that asked for it, and for nothing else.
 */
export const token = rpcMethod<CrpAsked, typeof tokenParams>({
  name: 'x-crp/token',
  params: tokenParams,
  async run(asked, { leaseId, count, ttl: seconds, context: claims, approvalId }) {
    const { world, caller } = asked
    const route = await routeOf(asked, leaseId)
    if (!route.ok) return route
    const minted = orAwaiting(
      await mintTokens(world, caller, {
        lease: leaseId,
        audience: route.value.resource,
        count,
        ttlSeconds: seconds,
        reason: claims?.purpose,
        approval: approvalId,
      }),
    )
    if (!minted.ok) return minted
    const tokens = minted.value.map((one) => ({
      token: one.token,
      expiresAt: timeText(one.claims.expiresAt),
    }))
    return accept({ leaseId, tokens, header: 'Authorization', prefix: 'Bearer' })
  },
})

/** The service a lease is for; a lease that is for none, opened by another face, is not ours. */
async function routeOf({ world, caller }: CrpAsked, id: LeaseId): Promise<Result<ServedRoute>> {
  const held = await readLease(world, caller, { lease: id })
  if (!held.ok) return held
  const { audiences } = held.value.lease.scope
  const route = world.catalog.routes.find(({ resource }) => audiences.includes(resource))
  return route === undefined ? refuse('not_found', { lease: id, service: null }) : accept(route)
}
