import { completeRoot } from '../../../src/domain/scope/complete.ts'
import type { HttpGrant, Scope, ScopeRequest, ToolGrant } from '../../../src/domain/scope/types.ts'

/** The example of protocol §5, as a caller would send it. */
export const EXAMPLE = {
  type: 'urn:writ:scope:v1',
  grants: [
    {
      type: 'http',
      schemes: ['https'],
      hosts: ['api.github.com'],
      ports: [443],
      methods: ['GET'],
      paths: ['/repos/acme/**'],
      query: 'any',
      private_net: false,
      encoded_slash: false,
    },
    {
      type: 'tool',
      server: 'https://mcp.example/mcp',
      tool: 'search',
      arguments: {
        q: { constraint_type: 'wildcard' },
        limit: { constraint_type: 'range', max: 50 },
      },
    },
  ],
  audiences: ['https://gateway.example:9443/github'],
  limits: {
    ttl_seconds: 600,
    max_uses: 100,
    max_depth: 2,
    max_children: 10,
    budgets: [{ unit: 'USD', decimals: 2, amount: 500 }],
    rate: { requests: 60, per_seconds: 60 },
  },
  requires: {
    approval: false,
    attestation_min: 'warning',
    attestation_max_age_seconds: 3600,
    dpop: false,
    bind_request: false,
    read_only: false,
  },
  delegation: { allowed: true, delegates: ['spiffe://acme.example/agent/**'] },
} as const satisfies ScopeRequest

/** The same, complete. */
export const PARENT: Scope = completeRoot(EXAMPLE)

/** A complete http grant with some dimensions replaced. */
export function httpGrant(dimensions: Partial<HttpGrant> = {}): HttpGrant {
  return {
    type: 'http',
    schemes: ['https'],
    hosts: ['a.example'],
    ports: [443],
    methods: ['GET'],
    paths: ['/**'],
    query: 'any',
    body: 'any',
    private_net: false,
    encoded_slash: false,
    ...dimensions,
  }
}

/** A complete tool grant with some dimensions replaced. */
export function toolGrant(dimensions: Partial<ToolGrant> = {}): ToolGrant {
  return { type: 'tool', server: 'https://s.example', tool: 't', arguments: {}, ...dimensions }
}

/** A complete scope of some grants, with some members replaced. */
export function scopeOf(grants: Scope['grants'], members: Partial<ScopeRequest> = {}): Scope {
  return completeRoot({ type: 'urn:writ:scope:v1', grants, audiences: ['aud'], ...members })
}

/** A request for some grants, with some members beside them. */
export function ask(
  grants: ScopeRequest['grants'],
  members: Partial<ScopeRequest> = {},
): ScopeRequest {
  return { type: 'urn:writ:scope:v1', grants, ...members }
}

/** The refusal of a cap whose ceilings have nothing in common at a pointer. */
export function refusedAt(pointer: string): object {
  const detail = 'is not named, and what stands above it has nothing in common'
  const reasons = [{ pointer, code: 'not_narrower', detail }]
  return { ok: false, refusal: { code: 'not_narrower', facts: {}, reasons } }
}
