import type { AttestationMethod } from '../domain/attestation.ts'
import type { PolicyAction, ResponseObligations } from '../domain/policy.ts'
import type { AttestationTier, Grant, ScopeLimits, ScopeRequires } from '../domain/scope/types.ts'
import type { CredentialCategory } from '../domain/terms.ts'

/** Where something stands: a file of the folder, and a line counted from 1. */
export interface Place {
  readonly file: string
  readonly line: number
}

/** Hours of days, in UTC; minutes since midnight, `from` counts and `to` does not. */
export interface TimeWindow {
  readonly days?: readonly (typeof DAYS)[number][]
  readonly from?: number
  readonly to?: number
}

/** Days as a rule names them, Sunday first, as the calendar of UTC counts them. */
export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** A part of all requests: what is absent does not restrict. */
export interface Region {
  readonly schemes?: readonly string[]
  readonly hosts?: readonly string[]
  readonly ports?: readonly number[]
  readonly methods?: readonly string[]
  readonly paths?: readonly string[]
  readonly servers?: readonly string[]
  readonly tools?: readonly string[]
}

/** Conditions, all of which have to hold; each is a list of alternatives. */
export interface Match {
  readonly actions?: readonly PolicyAction[]
  readonly users?: readonly string[]
  readonly agents?: readonly string[]
  readonly agent_certificates?: readonly string[]
  readonly agent_binary_hash?: readonly string[]
  readonly agent_id?: readonly string[]
  readonly attestation_min?: AttestationTier
  readonly attestation_methods?: readonly AttestationMethod[]
  readonly delegates?: readonly string[]
  readonly lineage?: readonly string[]
  readonly max_depth?: number
  readonly projects?: readonly string[]
  readonly workspaces?: readonly string[]
  readonly environments?: readonly string[]
  readonly sessions?: readonly string[]
  readonly credential_ref?: readonly string[]
  readonly credential_categories?: readonly CredentialCategory[]
  readonly audiences?: readonly string[]
  readonly addresses?: readonly string[]
  readonly time?: TimeWindow
  readonly request?: Region
}

/** What may be granted on of a lease; silence means that nothing may be. */
export interface DelegationRule {
  readonly allowed: boolean
  readonly max_depth?: number
  readonly delegates?: readonly string[]
  readonly require_approval_for_delegate?: boolean
}

/** What a rule allows: a ceiling, beside whatever bounds the agent already. */
export interface Allowance {
  readonly grants: readonly Grant[]
  readonly audiences?: readonly string[]
  readonly limits: Partial<ScopeLimits>
  readonly requires: Partial<ScopeRequires>
  readonly delegation: DelegationRule
  /** Taken out of the grants, for whoever the rule matches and whichever rule allows it. */
  readonly forbidden: Region | undefined
  readonly renewable: boolean
  readonly maxRenewals?: number
  readonly maxCumulativeSeconds?: number
}

/** `auto` allows, `prompt` asks people first, `quarantine` stops for a look, `deny` refuses. */
export type Mode = (typeof MODES)[number]

/** Every mode there is. */
export const MODES = ['auto', 'prompt', 'quarantine', 'deny'] as const

/** One rule as it was read; `allow` is there for `auto` and `prompt` alone. */
export interface Rule {
  readonly name: string
  readonly description: string | undefined
  readonly place: Place
  readonly mode: Mode
  readonly match: Match
  /** `contract`: as much as the contract of the agent says. */
  readonly allow: Allowance | 'contract' | undefined
  readonly approval: { readonly on: readonly PolicyAction[]; readonly quorum: number }
  readonly response: ResponseObligations
}

/** Something wrong with a set, and where. */
export interface Problem extends Place {
  readonly reason: string
}
