import { LEASE_CHILDREN_DEFAULT, LEASE_TTL_SECONDS_DEFAULT, LEASE_USES_DEFAULT } from '../limits.ts'
import { takeIn } from './intake.ts'
import { readScopeRequest } from './parse.ts'
import { malformed, type Parsed, parsed, pointerTo } from './parsed.ts'
import {
  type Grant,
  type GrantRequest,
  SCOPE_TYPE,
  type Scope,
  type ScopeRequest,
} from './types.ts'

/** What a grant can not do without: there is no sensible default for it. */
const NEEDED = { http: ['hosts', 'paths'], tool: ['server', 'tool'] } as const

/**
 * A scope with nothing above it, complete: what is missing takes the strictest sensible value. A
 * grant that does not even name its hosts and paths (or server and tool) covers nothing; use
 * `parseRoot` to have it refused instead. `audiences` stands in when the request names none.
 */
export function completeRoot(request: ScopeRequest, audiences: readonly string[] = []): Scope {
  return {
    type: SCOPE_TYPE,
    grants: request.grants.map(completeGrant),
    audiences: request.audiences ?? audiences,
    limits: {
      ttl_seconds: LEASE_TTL_SECONDS_DEFAULT,
      max_uses: LEASE_USES_DEFAULT,
      max_depth: 0,
      max_children: LEASE_CHILDREN_DEFAULT,
      budgets: [],
      rate: 'unlimited',
      ...request.limits,
    },
    requires: {
      approval: false,
      attestation_min: 'none',
      attestation_max_age_seconds: 'any',
      dpop: false,
      bind_request: false,
      read_only: false,
      ...request.requires,
    },
    delegation: { allowed: false, delegates: [], ...request.delegation },
  }
}

/** A root scope from outside: as `parseScopeRequest`, every grant usable, and completed. */
export function parseRoot(value: unknown): Parsed<Scope> {
  const request = takeIn(value, false, readScopeRequest)
  if (!request.ok) return request
  for (const [index, grant] of request.value.grants.entries()) {
    const missing = NEEDED[grant.type].find((name) => !Object.hasOwn(grant, name))
    if (missing !== undefined) {
      const pointer = pointerTo(`/grants/${index}`, missing)
      return malformed(pointer, 'a root grant has to name it')
    }
  }
  return parsed(completeRoot(request.value))
}

/**
 * A scope with every member explicit, as in a token or a stored row; a missing one is malformed,
 * and so is whatever `parseScopeRequest` refuses.
 */
export function parseScope(value: unknown): Parsed<Scope> {
  const scope = takeIn(value, true, readScopeRequest)
  // An explicit intake has refused every missing member.
  return scope.ok ? parsed(scope.value as Scope) : scope
}

function completeGrant(grant: GrantRequest): Grant {
  if (grant.type === 'tool') return { server: '', tool: '', arguments: {}, ...grant }
  return {
    schemes: ['https'],
    hosts: [],
    ports: [443],
    methods: ['GET'],
    paths: [],
    query: 'any',
    body: 'any',
    private_net: false,
    encoded_slash: false,
    ...grant,
  }
}
