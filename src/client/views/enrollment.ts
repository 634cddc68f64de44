import type { Scope } from '../../domain/scope/types.ts'
import type { TermsView } from './agents.ts'
import type { AttestationView } from './attestation.ts'

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
