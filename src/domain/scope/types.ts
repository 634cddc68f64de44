/**
 * A scope is one document: the same on the wire, in the store, in a token and in memory, so that
 * what was compared is what was signed. That is why its members keep their wire spelling here.
 */

/** Member `type` of every scope (RFC 9396: a collision-resistant name, versioned). */
export const SCOPE_TYPE = 'urn:writ:scope:v1'

/** A JSON value as read by the strict reader. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [member: string]: Json }

/**
 * A constraint on one argument: the vocabulary of
 * draft-niyikiza-oauth-attenuating-agent-tokens-02. Equality is by canonical JSON (RFC 8785).
 */
export type ArgumentConstraint = { readonly optional?: boolean } & (
  | { readonly constraint_type: 'exact'; readonly value: Json }
  | {
      readonly constraint_type: 'range'
      readonly min?: number
      readonly max?: number
      readonly min_inclusive?: boolean
      readonly max_inclusive?: boolean
    }
  | { readonly constraint_type: 'one_of'; readonly values: readonly Json[] }
  | { readonly constraint_type: 'not_one_of'; readonly excluded: readonly Json[] }
  | { readonly constraint_type: 'contains'; readonly required: readonly Json[] }
  | { readonly constraint_type: 'subset'; readonly allowed: readonly Json[] }
  | { readonly constraint_type: 'wildcard' }
  | { readonly constraint_type: 'all'; readonly constraints: readonly ArgumentConstraint[] }
  | { readonly constraint_type: 'any'; readonly constraints: readonly ArgumentConstraint[] }
)

/** Argument name → constraint. Closed: an unnamed argument is refused unless `"*"` is there. */
export type ArgumentMap = { readonly [argument: string]: ArgumentConstraint }

/** What a request body may be. Absent members inside do not restrict. */
export interface BodyRule {
  readonly max_bytes?: number
  readonly media_types?: readonly string[]
  readonly forbidden_fields?: readonly string[]
  readonly fields?: ArgumentMap
}

/** One http grant with every dimension explicit; a conjunction. */
export interface HttpGrant {
  readonly type: 'http'
  readonly schemes: readonly string[]
  readonly hosts: readonly string[]
  readonly ports: readonly number[]
  readonly methods: readonly string[]
  readonly paths: readonly string[]
  readonly query: 'any' | 'none' | ArgumentMap
  readonly body: 'any' | 'none' | BodyRule
  readonly private_net: boolean
  readonly encoded_slash: boolean
}

/** One tool grant with every dimension explicit; a conjunction. */
export interface ToolGrant {
  readonly type: 'tool'
  readonly server: string
  readonly tool: string
  readonly arguments: ArgumentMap
}

/** One entry of a scope. */
export type Grant = HttpGrant | ToolGrant

/** An integer amount of a unit: `amount` × 10^−decimals. */
export interface Budget {
  readonly unit: string
  readonly decimals: number
  readonly amount: number
}

/** How much, how long and how deep; counted and timed by the store, not by the request. */
export interface ScopeLimits {
  readonly ttl_seconds: number
  readonly max_uses: number | 'unlimited'
  /** Highest permitted `depth` below this lease; absolute, root is 0 (AAT meaning). */
  readonly max_depth: number
  readonly max_children: number
  readonly budgets: readonly Budget[]
  readonly rate: 'unlimited' | { readonly requests: number; readonly per_seconds: number }
}

/** How much the evidence is worth: none < warning < affirming. */
export type AttestationTier = 'none' | 'warning' | 'affirming'

/** One-way switches: a child may turn them on (or tighten them), never off. */
export interface ScopeRequires {
  readonly approval: boolean
  readonly attestation_min: AttestationTier
  readonly attestation_max_age_seconds: number | 'any'
  readonly dpop: boolean
  readonly bind_request: boolean
  readonly read_only: boolean
}

/** May the lease be delegated, and to whom (SPIFFE ids, or a prefix ending in `/**`). */
export interface ScopeDelegation {
  readonly allowed: boolean
  readonly delegates: readonly string[]
}

/** A scope with every dimension explicit. */
export interface Scope {
  readonly type: typeof SCOPE_TYPE
  readonly grants: readonly Grant[]
  readonly audiences: readonly string[]
  readonly limits: ScopeLimits
  readonly requires: ScopeRequires
  readonly delegation: ScopeDelegation
}

/** A grant as asked for: a missing dimension inherits. */
export type GrantRequest =
  | ({ readonly type: 'http' } & Partial<Omit<HttpGrant, 'type'>>)
  | ({ readonly type: 'tool' } & Partial<Omit<ToolGrant, 'type'>>)

/** A scope as asked for: only `grants` is required; what is missing inherits. */
export interface ScopeRequest {
  readonly type: typeof SCOPE_TYPE
  readonly grants: readonly GrantRequest[]
  readonly audiences?: readonly string[]
  readonly limits?: Partial<ScopeLimits>
  readonly requires?: Partial<ScopeRequires>
  readonly delegation?: Partial<ScopeDelegation>
}

/**
 * One request to judge. `target` is the absolute URL exactly as it came; `body` is given only when
 * it was read (a rule on a body that was not read refuses).
 */
export interface HttpRequestToJudge {
  readonly type: 'http'
  readonly method: string
  readonly target: string
  readonly body?: { readonly media_type: string; readonly bytes: number; readonly text: string }
}
/** A call of one tool, with the arguments as they came. */
export interface ToolRequestToJudge {
  readonly type: 'tool'
  readonly server: string
  readonly tool: string
  readonly arguments: { readonly [argument: string]: Json }
}
/** What a scope is asked about. */
export type RequestToJudge = HttpRequestToJudge | ToolRequestToJudge
