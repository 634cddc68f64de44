import type { z } from '@hono/zod-openapi'
import { agentName } from '../../domain/agent-name.ts'
import { enrollmentState, registrationState } from '../../domain/enrollment.ts'
import { timeText } from '../../listener/time-text.ts'
import type { Beginning, EnrollmentNow } from '../../usecases/enrollment/enrollments.ts'
import type { Registered } from '../../usecases/enrollment/register-agent.ts'
import type { RegistrationNow } from '../../usecases/enrollment/registrations.ts'
import type {
  beginningOut,
  createdEnrollmentOut,
  enrollmentOut,
  ownRegistrationOut,
  registeredOut,
  registrationOut,
} from '../schemas/enrollments.ts'
import { agentAttestationView } from './attestation.ts'
import { termsView } from './terms.ts'

/** An invitation without its token. */
export function enrollmentView({ enrollment, now }: EnrollmentNow): z.input<typeof enrollmentOut> {
  return {
    id: enrollment.id,
    state: enrollmentState(enrollment, now),
    registration: enrollment.registration,
    created_at: timeText(enrollment.createdAt),
    expires_at: timeText(enrollment.expiresAt),
  }
}

/** A new invitation with its token, which is not shown again. */
export function createdEnrollmentView(
  created: Pick<EnrollmentNow, 'enrollment'> & { readonly token: string },
): z.input<typeof createdEnrollmentOut> {
  const { enrollment, token } = created
  return { ...enrollmentView({ enrollment, now: enrollment.createdAt }), token }
}

/** What an invited agent has to answer. */
export function beginningView(beginning: Beginning): z.input<typeof beginningOut> {
  const { nonce, trustDomain, expiresAt } = beginning
  return { nonce, trust_domain: trustDomain, expires_at: timeText(expiresAt) }
}

/** A registration as the one who made it sees it. */
export function ownRegistrationView({
  registration,
  state,
}: RegistrationNow): z.input<typeof ownRegistrationOut> {
  const { id, uri, challenge, expiresAt } = registration
  return { id, uri, state, challenge, expires_at: timeText(expiresAt) }
}

/** A new registration with the secret that collects its certificate. */
export function registeredView(made: Registered): z.input<typeof registeredOut> {
  const { registration, collectSecret } = made
  const state = registrationState(registration, registration.registeredAt)
  return { ...ownRegistrationView({ registration, state }), collect_secret: collectSecret }
}

/** A registration as people see it: what is proven, what was seen, and what is merely said. */
export function registrationView({
  registration,
  state,
}: RegistrationNow): z.input<typeof registrationOut> {
  const { platform: said, grant, decidedAt } = registration
  return {
    id: registration.id,
    uri: registration.uri,
    name: agentName(registration.uri),
    owner: registration.owner,
    state,
    key_thumbprint: registration.key,
    attestation: agentAttestationView(registration.attestation),
    address: registration.address,
    self_reported: {
      agent_type: said.agentType,
      hostname: said.hostname,
      platform: said.platform,
      binary_fingerprint: said.binaryFingerprint,
      machine_fingerprint: said.machineFingerprint,
    },
    contract: grant?.contract ?? null,
    terms: grant === null ? null : termsView(grant.terms),
    registered_at: timeText(registration.registeredAt),
    expires_at: timeText(registration.expiresAt),
    decided_at: decidedAt === null ? null : timeText(decidedAt),
  }
}
