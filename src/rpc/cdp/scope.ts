import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { parseScopeRequest } from '../../domain/scope/parse.ts'
import {
  type HttpGrant,
  SCOPE_TYPE,
  type Scope,
  type ScopeRequest,
} from '../../domain/scope/types.ts'
import type { CdpScope } from './params.ts'

/**
 * A scope of CDP as one of ours. What it names is all that is asked for; what it leaves out is as
 * the contract or the parent has it, which is never wider (T-03), but a lease is passed on only
 * when the request says so. `**` is one or more segments, where CDP has zero or more: name the bare
 * path beside it. Refuses `malformed`, pointing into the scope of the request.
 */
export function toScopeRequest(scope: CdpScope): Result<ScopeRequest> {
  const { hosts, methods, paths, max_requests: uses, body_constraints: body, delegation } = scope
  const limits = {
    ...(uses == null ? {} : { max_uses: uses }),
    ...(delegation?.max_depth == null ? {} : { max_depth: delegation.max_depth }),
  }
  const parsed = parseScopeRequest({
    type: SCOPE_TYPE,
    grants: [{ type: 'http', hosts, methods, paths, ...bodyRule(body) }],
    limits,
    delegation:
      delegation?.allowed === true
        ? { allowed: true, ...(delegation.delegates && { delegates: delegation.delegates }) }
        : { allowed: false },
  })
  if (parsed.ok) return accept(parsed.value)
  const { pointer, detail } = parsed
  const here = `/scope${pointer.replace(/^\/grants\/0/, '').replace(/^\/limits/, '')}`
  return refuse('malformed', {}, [{ pointer: here, code: 'malformed', detail }])
}

function bodyRule(body: CdpScope['body_constraints']) {
  if (body === undefined) return {}
  const { forbidden_fields, max_size_bytes, allowed_content_types } = body
  const rule = {
    ...(forbidden_fields === undefined ? {} : { forbidden_fields }),
    ...(max_size_bytes === undefined ? {} : { max_bytes: max_size_bytes }),
    ...(allowed_content_types === undefined ? {} : { media_types: allowed_content_types }),
  }
  return { body: rule }
}

/** A granted scope as CDP writes it: what its http grants name, together. */
export function toCdpScope({ grants, limits }: Scope, ttlSeconds: number) {
  const http = grants.filter((grant): grant is HttpGrant => grant.type === 'http')
  const all = (of: (grant: HttpGrant) => readonly string[]) => [...new Set(http.flatMap(of))]
  return {
    hosts: all(({ hosts }) => hosts),
    methods: all(({ methods }) => methods),
    paths: all(({ paths }) => paths),
    ttl_seconds: ttlSeconds,
    max_requests: limits.max_uses === 'unlimited' ? null : limits.max_uses,
  }
}
