import type { Enrollment, Registration, RegistrationGrant } from '../../domain/enrollment.ts'
import type {
  AgentUri,
  EnrollmentId,
  KeyThumbprint,
  RegistrationId,
  TenantId,
} from '../../domain/ids.ts'
import type { Result } from '../../domain/result.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { Page, PageRequest } from '../ports.ts'

/** Which decision an owner made on a registration. */
export type RegistrationDecision =
  | {
      readonly step: 'approved'
      readonly grant: RegistrationGrant
      readonly at: EpochSeconds
      readonly expiresAt: EpochSeconds
    }
  | { readonly step: 'denied'; readonly at: EpochSeconds }

/** What can be read of enrollment. */
export interface EnrollmentReads {
  enrollment(tenant: TenantId, id: EnrollmentId): Promise<Enrollment | undefined>
  /** By the hash of its token, used and expired ones too. */
  enrollmentOfToken(tokenHash: string): Promise<Enrollment | undefined>
  registration(tenant: TenantId, id: RegistrationId): Promise<Registration | undefined>
  /** By the hash of its collect secret, whatever became of it. */
  registrationOfSecret(collectHash: string): Promise<Registration | undefined>
  /** Newest first. */
  registrations(tenant: TenantId, page: PageRequest): Promise<Page<Registration>>
  /** The agent this key was ever certified for, in any tenant, or undefined. */
  keyHolder(key: KeyThumbprint): Promise<AgentUri | undefined>
}

/** What can be written of enrollment. */
export interface EnrollmentWrites {
  insertEnrollment(enrollment: Enrollment): Promise<void>
  /**
   * LEASH-14: spends an invitation, in one conditional write. Answers false when it was used
   * before, has ended by `at`, or never was.
   */
  useEnrollment(
    id: EnrollmentId,
    use: { readonly registration: RegistrationId; readonly at: EpochSeconds },
  ): Promise<boolean>
  insertRegistration(registration: Registration): Promise<void>
  /**
   * Approves what is pending, or denies what is pending or approved, as long as it has not ended.
   * Answers false when it stands otherwise.
   */
  decideRegistration(
    tenant: TenantId,
    id: RegistrationId,
    decision: RegistrationDecision,
  ): Promise<boolean>
  /** Collects what is approved and has not ended, once. Answers false when it stands otherwise. */
  collectRegistration(tenant: TenantId, id: RegistrationId, at: EpochSeconds): Promise<boolean>
  /**
   * LEASH-33: a key belongs to one agent for ever. Refuses `conflict` when another has or had it;
   * the same agent may have it certified again.
   */
  claimKey(claim: {
    readonly key: KeyThumbprint
    readonly tenant: TenantId
    readonly uri: AgentUri
    readonly at: EpochSeconds
  }): Promise<Result<void>>
}
