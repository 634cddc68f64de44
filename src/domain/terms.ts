import type { EpochSeconds } from './time.ts'

/** What kind of secret a credential is to its owner (LEASH: secret scope). */
export type CredentialCategory = (typeof CREDENTIAL_CATEGORIES)[number]

/** Every category there is. */
export const CREDENTIAL_CATEGORIES = ['api_key', 'ssh_key', 'database', 'payment', 'other'] as const

/**
 * When the owner is asked (LEASH: approval mode). `per_request`: for every root lease and action.
 * `auto_within_contract`: only where a scope, a policy or a credential asks for it. `auto_all`: not
 * even where a credential asks for it.
 */
export type ApprovalMode = (typeof APPROVAL_MODES)[number]

/** Every mode there is. */
export const APPROVAL_MODES = ['per_request', 'auto_within_contract', 'auto_all'] as const

/**
 * What a contract says beside its scope (LEASH: Connection Contract). It moves with the contract:
 * new terms are a new version, effective at once.
 */
export interface ContractTerms {
  readonly approvalMode: ApprovalMode
  /** Categories of credentials that calls may use; none means no credential at all. */
  readonly categories: readonly CredentialCategory[]
  /** Names of credentials, or prefixes that end in `/**`; `any` leaves it to the categories. */
  readonly credentials: 'any' | readonly string[]
  /** Environments whose credentials calls may use. */
  readonly environments: 'any' | readonly string[]
  /** Calls of this agent in any hour and in any day; to exceed one suspends the agent. */
  readonly rate: {
    readonly hour: number | 'unlimited'
    readonly day: number | 'unlimited'
  }
  /** Whether the agent may have actions executed for it. */
  readonly actions: boolean
  /**
   * Whether its call tokens may be bound to a proven key alone (RFC 9449), and so be used where its
   * certificate is not.
   */
  readonly keyOnly: boolean
  /** Whether it may be handed the value of a credential whose owner and deployment allow that. */
  readonly retrieve: boolean
  /** From then on nothing goes under this contract until its owner sets it anew. */
  readonly expiresAt: EpochSeconds | null
}

/** The terms of a contract whose owner says nothing of them: no asking, and no credential. */
export const OPEN_TERMS: ContractTerms = {
  approvalMode: 'auto_within_contract',
  categories: [],
  credentials: 'any',
  environments: 'any',
  rate: { hour: 'unlimited', day: 'unlimited' },
  actions: false,
  keyOnly: false,
  retrieve: false,
  expiresAt: null,
}

/** The terms of an agent that came by enrollment: its owner is asked each time (LEASH-19). */
export const ASKING_TERMS: ContractTerms = { ...OPEN_TERMS, approvalMode: 'per_request' }
