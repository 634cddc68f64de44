import { z } from 'zod'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { type LeasedEntry, leaseEntry } from '../../usecases/catalog/lease-entry.ts'
import { rpcMethod } from '../envelope.ts'
import { type CrpAsked, orAwaiting, toldBy } from './asked.ts'
import { descriptorOf, grantedScopes, leaseView } from './entry-lease.ts'
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

/**
 * CRPX-30, `crp/use`: a lease, where to send calls, and what kind of credential will go with them;
 * never the credential, and nothing that opens it. Calls carry a token each, see `x-crp/token`.
 */
export const use = rpcMethod<CrpAsked, typeof params>({
  name: 'crp/use',
  params,
  async run(asked, given) {
    const { gateway } = asked.world.catalog.urls
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

/** CRPX-06, CRPX-31: `leaseEntry` in the words of CRP; one that has to wait is a refusal. */
export async function leaseFor(
  { world, caller }: CrpAsked,
  given: UseParams,
): Promise<Result<LeasedEntry>> {
  const { delegation: asked = {}, context: claims } = given
  const leased = await leaseEntry(world, caller, {
    service: given.service,
    scopes: given.scopes,
    ttlAtMost: given.ttl,
    maxDepth: asked.maxDepth,
    parent: asked.parentLeaseId,
    token: asked.token,
    identity: given.identityScope,
    reason: claims?.purpose,
    approval: given.approvalId,
    told: toldBy(given.service, claims),
  })
  return orAwaiting(leased)
}
