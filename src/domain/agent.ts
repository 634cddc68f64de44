import type { AgentAttestation } from './attestation.ts'
import type { AgentUri, CertificateThumbprint, PrincipalId, TenantId } from './ids.ts'
import type { Scope } from './scope/types.ts'
import type { ContractTerms } from './terms.ts'
import type { EpochSeconds } from './time.ts'

/** An enrolled agent: its owner, its ceiling, and what is known of its evidence. */
export interface Agent {
  readonly tenant: TenantId
  readonly uri: AgentUri
  /** An enforcement point may redeem for others; it holds no leases. */
  readonly role: 'agent' | 'enforcement'
  /** The accountable principal; `sub` of every tree this agent opens. */
  readonly owner: PrincipalId
  /** The ceiling of everything it may hold. */
  readonly contract: Scope
  /** What the contract says beside its scope. */
  readonly terms: ContractTerms
  /** Counts from 1; a new contract, or new terms, is a new version, effective at once. */
  readonly contractVersion: number
  /** The newest certificate issued to it: what a delegation to it is bound to. */
  readonly certificate: CertificateThumbprint
  /**
   * DNS names and IP addresses its certificate names beside its URI, as its owner approved them;
   * empty for agents that hold leases.
   */
  readonly serverNames: readonly string[]
  readonly attestation: AgentAttestation
  readonly enrolledAt: EpochSeconds
}
