import type { Cost } from '../domain/redemption.ts'
import type { Reason, RefusalCode } from '../domain/refusal.ts'
import type { Scope } from '../domain/scope/types.ts'
import type { RequestPin } from '../domain/token.ts'
import type { AgentAttestationView, AttestationView } from './attestation-views.ts'

/** A page of a list as the API answers it; `cursor` is null on the last page. */
export interface PageView<T> {
  readonly items: readonly T[]
  readonly cursor: string | null
}

/** A refusal as it stands in an `application/problem+json` body (RFC 9457). */
export interface ProblemView {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: RefusalCode
  readonly request_id: string
  readonly reasons: readonly Reason[]
  readonly retry_after_seconds?: number
}

/** An enrolled agent. */
export interface AgentView {
  readonly uri: string
  readonly name: string
  readonly role: 'agent' | 'enforcement'
  readonly owner: string
  readonly contract: Scope
  readonly terms: TermsView
  readonly contract_version: number
  readonly certificate_thumbprint: string
  readonly server_names: readonly string[]
  readonly attestation: AgentAttestationView
  readonly enrolled_at: string
  readonly state: string
}

/** What a contract says beside its scope. */
interface TermsView {
  readonly approval_mode: string
  readonly categories: readonly string[]
  readonly credentials: 'any' | readonly string[]
  readonly environments: 'any' | readonly string[]
  readonly rate: { readonly hour: number | 'unlimited'; readonly day: number | 'unlimited' }
  readonly actions: boolean
  readonly expires_at: string | null
}

/** An invitation, without its token. */
export interface EnrollmentView {
  readonly id: string
  readonly state: string
  readonly registration: string | null
  readonly created_at: string
  readonly expires_at: string
}

/** A registration as the agent that made it sees it. */
export interface OwnRegistrationView {
  readonly id: string
  readonly uri: string
  readonly state: string
  readonly challenge: string
  readonly expires_at: string
}

/** A registration as people see it; what is self-reported nobody vouches for. */
export interface RegistrationView {
  readonly id: string
  readonly uri: string
  readonly name: string
  readonly owner: string
  readonly state: string
  readonly key_thumbprint: string
  readonly attestation: AttestationView
  readonly address: string | null
  readonly self_reported: Readonly<Record<string, string | null>>
  readonly contract: Scope | null
  readonly terms: TermsView | null
  readonly registered_at: string
  readonly expires_at: string
  readonly decided_at: string | null
}

/** A certificate chain as it was issued: leaf and authority, both PEM. */
export interface CertificateView {
  readonly certificate: string
  readonly ca: string
}

/** A lease with its state at the moment of the answer (I6: derived, never stored). */
export interface LeaseView {
  readonly id: string
  readonly parent_id: string | null
  readonly root_id: string
  readonly lineage: readonly string[]
  readonly depth: number
  readonly holder: string
  readonly subject: string
  readonly scope: Scope
  readonly state: string
  readonly opened_at: string
  readonly expires_at: string
  readonly renewals: number
  readonly uses_spent: number
  readonly contract_version: number
  readonly attestation: AttestationView
}

/** One budget of a lease as it is counted; amounts are integers in 10^-decimals of the unit. */
export interface BudgetView extends Cost {
  readonly reserved: number
  readonly spent: number
  readonly remaining: number
  /** How much is reserved or spent, rounded down. */
  readonly percent: number
}

/** What one redeemed call holds until it is settled. */
export interface ReservationView extends Cost {
  readonly root_id: string
  readonly lease_id: string
  readonly jti: string
  readonly point: string | null
  readonly at: string
}

/** What became of each settlement, in the order of the request. */
export interface SettlementsView {
  readonly items: readonly (
    | {
        readonly ok: true
        readonly jti: string
        readonly lease_id: string
        readonly spent: readonly Cost[]
        readonly again: boolean
      }
    | { readonly ok: false; readonly problem: ProblemView }
  )[]
}

/** A lease and its descendants, parents first. */
export interface TreeView {
  readonly items: readonly LeaseView[]
  readonly truncated: boolean
}

/** A delegation token and what it grants; the token is a secret until it is redeemed. */
export interface DelegationView {
  readonly token: string
  readonly expires_at: string
  readonly scope: Scope
  readonly delegate: string
}

/** Call tokens as minted, each for one call. */
export interface MintedView {
  readonly tokens: readonly {
    readonly token: string
    readonly jti: string
    readonly expires_at: string
  }[]
}

/** What a revocation came to; the effect does not wait for the count. */
export interface RevokedView {
  readonly revoked_at: string
  readonly subject: string
  readonly record: unknown
}

/** What a revocation of a lease would end. */
export interface RevokePreviewView {
  readonly leases: number
  readonly live: number
  readonly holders: readonly string[]
}

/** Whether a lease covers a request, and which hop took it away; hops count from the root, 0. */
export type ExplanationView =
  | { readonly permitted: true; readonly grants: readonly number[] }
  | {
      readonly permitted: false
      readonly hop: number
      /** The grant of the hop above that still covered it; null at the root. */
      readonly held: number | null
      readonly code: RefusalCode
      readonly reasons: readonly Reason[]
    }

/** A person's or operator's credential; `token` is there only in the answer that made it. */
export interface OperatorView {
  readonly name: string
  readonly role: 'owner' | 'operator'
  readonly token?: string
  readonly revoked_at?: string | null
}

/** A pin as the API takes it. */
export type PinBody = Pick<RequestPin, 'method' | 'target'> & { readonly body_digest?: string }

/** A signing key; its private part never leaves the authority. */
export interface KeyView {
  readonly kid: string
  readonly purpose: 'token' | 'receipt' | 'checkpoint' | 'feed' | 'event' | 'status'
  readonly alg: string
  readonly state: string
  readonly created_at: string
  readonly verifies_until: string | null
}

/** One audit record; `body` is the exact text that was hashed. */
export interface AuditRecordView {
  readonly chain: string
  readonly sequence: number
  readonly previous_hash: string
  readonly hash: string
  readonly body: string
}

/** A signed checkpoint of the audit trail. */
export interface CheckpointView {
  readonly number: number
  readonly at: string
  readonly jws: string
}

/** Whether the whole audit trail holds together, or the first place where it does not. */
export type AuditVerdictView =
  | {
      readonly whole: true
      readonly chains: number
      readonly records: number
      readonly checkpoints: number
    }
  | {
      readonly whole: false
      readonly bad: {
        readonly problem: string
        readonly chain: string | null
        readonly sequence: number
      }
    }

/** An upstream credential, without its secret. `versions` only where one is shown alone. */
export interface CredentialView {
  readonly name: string
  readonly environment: string
  readonly owner: string | null
  readonly kind: string
  readonly category: string
  readonly origins: readonly string[]
  readonly placement: { readonly in: string }
  readonly backend: string
  readonly version: number
  readonly state: 'active' | 'disabled'
  readonly versions?: readonly { readonly version: number }[]
}

/** What a person should know of. */
export interface AlertView {
  readonly id: string
  readonly kind: string
  readonly severity: 'info' | 'warning' | 'critical'
  readonly subject: string
  readonly lease_id: string | null
  readonly owner: string | null
  readonly facts: Readonly<Record<string, string | number | boolean | null>>
  readonly at: string
  readonly acknowledged: { readonly by: string; readonly at: string } | null
}

/** A receiver of alerts; `secret` when it was just named, the rest in a list. */
export interface WebhookView {
  readonly id: string
  readonly url: string
  readonly kinds: 'any' | readonly string[]
  readonly private_net: boolean
  readonly created_at: string
  readonly secret?: string
  readonly waiting?: number
  readonly failing_since?: string | null
}

/** What came of one message that was asked for. */
export interface TestedWebhookView {
  readonly delivered: boolean
  readonly status: number | null
  readonly detail: string | null
}
