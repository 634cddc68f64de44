import { CDP_LISTS_PER_MINUTE } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept } from '../../domain/result.ts'
import { codeOfFault } from '../../listener/faults.ts'
import { createRateLimit, type RateLimit } from '../../listener/rate-limit.ts'
import { visibleRoutes } from '../../usecases/cdp/request-lease.ts'
import { methodTable, type RpcFace } from '../envelope.ts'
import { type CdpAsked, cdpMethod } from './asked.ts'
import { cdpError } from './codes.ts'
import { delegate, redeem, renew, request, revoke, status } from './leases.ts'
import { listParams } from './params.ts'
import { register } from './register.ts'

/** The methods of CDP, under the names of its specification and of its code (CDPX-01, CDPX-02). */
export function createCdpFace(): RpcFace<CdpAsked> {
  const lists = createRateLimit(CDP_LISTS_PER_MINUTE)
  return {
    methods: methodTable<CdpAsked>([
      register,
      ...request,
      ...redeem,
      ...renew,
      ...revoke,
      ...delegate,
      ...status,
      ...listing(lists),
    ]),
    tell: (refusal, { request: id }) => cdpError(refusal, id),
    fault: (error, { fault }) => {
      fault(error)
      return refuse(codeOfFault(error)).refusal
    },
    again: ({ again }) => again(),
  }
}

/** `cdp.credentials.list`: references that the agent's contract lets it use, and no others. */
function listing(lists: RateLimit) {
  return cdpMethod({
    names: ['cdp.credentials.list'],
    params: listParams,
    run: async ({ world, caller, gate }) => {
      const within = await lists(caller.uri)
      if (!within.ok) return within
      const routes = await visibleRoutes(world, caller, gate)
      const names = new Set(routes.flatMap(({ credential }) => credential?.name ?? []))
      return accept({ credentials: [...names].sort() })
    },
  })
}
