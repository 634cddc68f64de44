import { z } from 'zod'
import { CRP_SERVICES_MAX, LEASE_CUMULATIVE_SECONDS_MAX } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { availableScopes } from '../../usecases/catalog/entry-scopes.ts'
import { type CatalogEntry, listEntries } from '../../usecases/catalog/find-entry.ts'
import { rpcMethod } from '../envelope.ts'
import type { CrpAsked, CrpSettings } from './asked.ts'
import { typeOf } from './entry-lease.ts'
import { context, type } from './params.ts'

const params = z.strictObject({
  filter: z
    .strictObject({
      servicePrefix: z
        .string()
        .regex(/^[a-zA-Z0-9._/-]{1,128}$/)
        .optional(),
      credentialType: type.optional(),
    })
    .default({}),
  context: context.optional(),
  cursor: z.string().max(256).nullable().optional(),
  limit: z.int().min(1).max(CRP_SERVICES_MAX).default(CRP_SERVICES_MAX),
})

/**
 * CRPX-09, `crp/list`: the services this agent could use now, by its contract and the policies of
 * now, and no others. Says nothing of what else there is: not how many, and not by a cursor.
 */
export function list({ listShape }: CrpSettings) {
  return rpcMethod<CrpAsked, typeof params>({
    name: 'crp/list',
    params,
    async run({ world, caller }, { filter, cursor, limit }) {
      const after = afterOf(cursor ?? null)
      if (!after.ok) return after
      const { servicePrefix: prefix = '', credentialType } = filter
      const page = await listEntries(world, caller, {
        after: after.value,
        prefix,
        limit,
        accepts: ({ credential }) =>
          credentialType === undefined || typeOf(credential) === credentialType,
      })
      if (!page.ok) return page
      const { items, more } = page.value
      const last = items[items.length - 1]?.route.service
      const next = more && last !== undefined ? Buffer.from(last).toString('base64url') : null
      const services = items.map((one) => (listShape === 'names' ? one.route.service : viewOf(one)))
      return accept({ services, cursor: next })
    },
  })
}

function afterOf(cursor: string | null): Result<string> {
  if (cursor === null) return accept('')
  const name = Buffer.from(cursor, 'base64url').toString('latin1')
  const own = /^[a-zA-Z0-9._/-]{1,128}$/.test(name)
  if (own && Buffer.from(name).toString('base64url') === cursor) return accept(name)
  const reason = { pointer: '/cursor', code: 'malformed', detail: 'This is no cursor of ours.' }
  return refuse('malformed', {}, [reason])
}

function viewOf({ route, agent, allowed, credential }: CatalogEntry) {
  const { service, description } = route
  return {
    service,
    credentialTypes: [typeOf(credential)],
    availableScopes: availableScopes(route, allowed, agent.contract),
    maxTtl: Math.min(agent.contract.limits.ttl_seconds, LEASE_CUMULATIVE_SECONDS_MAX),
    description,
  }
}
