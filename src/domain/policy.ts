import type { AttestationMethod } from './attestation.ts'
import type { AgentUri, CertificateThumbprint, LeaseId, PrincipalId } from './ids.ts'
import type { AttestationTier, RequestToJudge, Scope, ScopeRequest } from './scope/types.ts'
import type { CredentialCategory } from './terms.ts'
import type { EpochSeconds } from './time.ts'

/** What a policy is asked about: five kinds of grant, and each call. */
export const POLICY_ACTIONS = [
  'lease.open',
  'lease.renew',
  'delegation.create',
  'delegation.redeem',
  'token.mint',
  'call',
] as const

/** One of POLICY_ACTIONS. */
export type PolicyAction = (typeof POLICY_ACTIONS)[number]

/** An agent as a policy sees it; whatever is not known is absent, and no rule can match on it. */
export interface PolicyAgent {
  readonly uri: AgentUri
  readonly certificate?: CertificateThumbprint
  readonly tier?: AttestationTier
  readonly method?: AttestationMethod
  /** `sha-256:` and the base64url digest of the code that was measured. */
  readonly measured?: string
}

/** The upstream credential a call would be made with. */
export interface PolicyCredential {
  readonly name: string
  readonly category?: CredentialCategory
}

/** Where a request belongs. `session` is the root lease; the others only if somebody knows them. */
export interface PolicyContext {
  readonly project?: string
  readonly workspace?: string
  readonly environment?: string
  readonly session?: LeaseId
}

/** What every decision of a policy is made from; nothing else is ever looked at. */
export interface PolicyFacts {
  readonly at: EpochSeconds
  /** The accountable principal (`sub`). */
  readonly user: PrincipalId
  /** Who asks, and will hold or use what is granted. */
  readonly agent: PolicyAgent
  /** Position of the lease in its tree; 0 for a root. Of a delegation: that of the child. */
  readonly depth: number
  /** Holders root..self; absent where a call is judged without reading its lease. */
  readonly holders?: readonly AgentUri[]
  readonly context: PolicyContext
  /** The address at the other end of the connection. */
  readonly address?: string
  /** Rules that ask people under which leases of the lineage were born: they have been asked. */
  readonly openedUnder: readonly string[]
}

/** A grant: a scope is asked for, below everything in `above` (never empty). */
export interface GrantQuestion extends PolicyFacts {
  readonly action: Exclude<PolicyAction, 'call'>
  readonly asked: ScopeRequest
  readonly above: readonly Scope[]
  /** `delegation.create`: who is to hold it. */
  readonly delegate?: AgentUri
  /** `lease.renew`: what the lease would come to. */
  readonly renewal?: {
    readonly seconds: number
    readonly renewals: number
    readonly grantedSeconds: number
  }
}

/** One call at one protected resource. */
export interface CallQuestion extends PolicyFacts {
  readonly action: 'call'
  readonly request: RequestToJudge
  readonly audience: string
  readonly credential?: PolicyCredential
  /** The token was minted for this very call with a yes of people to it. */
  readonly approved: boolean
}

/** What a policy is asked. */
export type PolicyInput = GrantQuestion | CallQuestion

/**
 * What may become of a response (PROXY-37). Labels: they are told to whoever takes part and written
 * down, but nobody can see what an agent does with bytes it has.
 */
export interface ResponseObligations {
  readonly store: boolean
  readonly log: boolean
  readonly model: boolean
  readonly reuse: boolean
}

/** No label at all. */
export const FREE_RESPONSE: ResponseObligations = {
  store: true,
  log: true,
  model: true,
  reuse: true,
}

/** What a policy says, the most restrictive last. */
export type PolicyEffect = 'allow' | 'require_approval' | 'quarantine' | 'deny'

/** A decision of one set of policies. */
export interface PolicyDecision {
  readonly effect: PolicyEffect
  /** The rules that decided, in order; none when no rule allows it (default deny). */
  readonly rules: readonly string[]
  /** Of a grant that is allowed: what is granted has to be within it. */
  readonly ceiling?: Scope
  /** Those of `rules` that ask people, now or at another time; what is born remembers them. */
  readonly asking: readonly string[]
  /** How many people have to say yes; 0 unless the effect is `require_approval`. */
  readonly approvals: number
  readonly obligations: ResponseObligations
  /** Where the question goes beyond what the rules that match allow; pointers into it. */
  readonly beyond: readonly string[]
}

/** What a use-case goes on with: everything but a no. */
export interface PolicyVerdict {
  /** Names of the rules that decided, separated by spaces; empty when there is no policy. */
  readonly policy: string
  readonly effect: 'allow' | 'require_approval'
  readonly ceiling?: Scope
  /** See PolicyDecision. */
  readonly asking: readonly string[]
  readonly approvals: number
  readonly obligations: ResponseObligations
}

/** A set of policies as whoever asks it sees it. Decisions are pure: same input, same output. */
export interface PolicyJudge {
  /** Hash of all texts of the set. */
  readonly version: string
  /** What any rule looks at: holders above the agent, its code, what a credential is for. */
  readonly asks: {
    readonly lineage: boolean
    readonly code: boolean
    readonly category: boolean
  }
  decide(input: PolicyInput): PolicyDecision
  /** Whether a rule that matches the call can not be asked about it without its body. */
  needsBody(input: CallQuestion): boolean
}
