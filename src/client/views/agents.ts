import type { Scope } from '../../domain/scope/types.ts'
import type { AgentAttestationView } from './attestation.ts'

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
export interface TermsView {
  readonly approval_mode: string
  readonly categories: readonly string[]
  readonly credentials: 'any' | readonly string[]
  readonly environments: 'any' | readonly string[]
  readonly rate: { readonly hour: number | 'unlimited'; readonly day: number | 'unlimited' }
  readonly actions: boolean
  readonly retrieve: boolean
  readonly expires_at: string | null
}

/** A certificate chain as it was issued: leaf and authority, both PEM. */
export interface CertificateView {
  readonly certificate: string
  readonly ca: string
}
