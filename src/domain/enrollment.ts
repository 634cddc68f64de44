import type { AgentAttestation } from './attestation.ts'
import type {
  AgentUri,
  EnrollmentId,
  KeyThumbprint,
  PrincipalId,
  RegistrationId,
  TenantId,
} from './ids.ts'
import type { Scope } from './scope/types.ts'
import type { ContractTerms } from './terms.ts'
import type { EpochSeconds } from './time.ts'

/**
 * An invitation of an owner to one agent (LEASH-10, LEASH-14..17). Says nothing of what the agent
 * may do: permissions are set when the owner has seen who came.
 */
export interface Enrollment {
  readonly tenant: TenantId
  readonly id: EnrollmentId
  /** Who invited, and so who alone approves; the accountable principal of the agent to come. */
  readonly owner: PrincipalId
  /** base64url(SHA-256) of the one-time token; the token itself is shown once and not kept. */
  readonly tokenHash: string
  /** base64url of 128 random bits that the registration's proof has to cover. */
  readonly nonce: string
  readonly createdAt: EpochSeconds
  readonly expiresAt: EpochSeconds
  /** The one registration made with it, or null. */
  readonly registration: RegistrationId | null
}

/** What an agent says of its machine and itself; nobody vouches for any of it (LEASH-11). */
export interface PlatformFacts {
  readonly agentType: string | null
  readonly hostname: string | null
  readonly platform: string | null
  /** base64url(SHA-256) of the program it runs. */
  readonly binaryFingerprint: string | null
  /** base64url digest of attributes of its machine. */
  readonly machineFingerprint: string | null
}

/** What a registration came to so far, as it is stored. */
export type RegistrationStep = 'pending' | 'approved' | 'denied' | 'collected'

/** What the owner granted after looking. */
export interface RegistrationGrant {
  readonly contract: Scope
  readonly terms: ContractTerms
}

/** An agent that asks to be let in (LEASH-11, LEASH-12). */
export interface Registration {
  readonly tenant: TenantId
  readonly id: RegistrationId
  readonly enrollment: EnrollmentId
  readonly owner: PrincipalId
  /** The name it asks for, in our trust domain. */
  readonly uri: AgentUri
  /** The request for its certificate, whose key it proved to hold. */
  readonly csrPem: string
  readonly key: KeyThumbprint
  readonly attestation: AgentAttestation
  readonly platform: PlatformFacts
  /** Where the registration came from, as the connection showed it; null when it showed nothing. */
  readonly address: string | null
  /** base64url(SHA-256) of the secret that collects the certificate. */
  readonly collectHash: string
  /** base64url of 128 random bits that the proof of the collection has to cover. */
  readonly challenge: string
  readonly step: RegistrationStep
  /** Set when approved. */
  readonly grant: RegistrationGrant | null
  readonly registeredAt: EpochSeconds
  /** When it is over without a decision, or, once approved, without a collection. */
  readonly expiresAt: EpochSeconds
  readonly decidedAt: EpochSeconds | null
}

/** How a registration looks now: what nobody decided or collected in time has expired. */
export type RegistrationState = RegistrationStep | 'expired'

/** The state of a registration at a moment. */
export function registrationState(
  registration: Pick<Registration, 'step' | 'expiresAt'>,
  now: EpochSeconds,
): RegistrationState {
  const { step, expiresAt } = registration
  const waits = step === 'pending' || step === 'approved'
  return waits && expiresAt <= now ? 'expired' : step
}

/** How an invitation looks now. */
export type EnrollmentState = 'open' | 'used' | 'expired'

/** The state of an invitation at a moment. */
export function enrollmentState(
  enrollment: Pick<Enrollment, 'registration' | 'expiresAt'>,
  now: EpochSeconds,
): EnrollmentState {
  if (enrollment.registration !== null) return 'used'
  return enrollment.expiresAt <= now ? 'expired' : 'open'
}

/**
 * What the key of a request signs to register: this request, for this name, with these words about
 * its machine, in answer to this invitation. The first line keeps it from meaning anything else.
 */
export function registrationStatement(said: {
  readonly nonce: string
  readonly name: string
  /** base64url(SHA-256) of the request as it is sent. */
  readonly requestHash: string
  readonly method: string
  readonly platform: PlatformFacts
}): string {
  const { agentType, hostname, platform, binaryFingerprint, machineFingerprint } = said.platform
  const words = [agentType, hostname, platform, binaryFingerprint, machineFingerprint]
  return [
    'writ registration v1',
    said.nonce,
    said.name,
    said.requestHash,
    said.method,
    ...words.map((word) => word ?? ''),
  ].join('\n')
}

/** What the same key signs to collect its certificate. */
export function collectionStatement(said: {
  readonly registration: string
  readonly challenge: string
}): string {
  return ['writ collection v1', said.registration, said.challenge].join('\n')
}
