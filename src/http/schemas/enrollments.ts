import { z } from '@hono/zod-openapi'
import { parseEnrollmentId, parseRegistrationId } from '../../domain/ids.ts'
import { ENROLLMENT_SECONDS_MAX, PLATFORM_CHARACTERS_MAX } from '../../domain/limits.ts'
import { textAs } from '../../listener/read-as.ts'
import { agentAttestationOut, evidence } from './attestation.ts'
import { agentUriOut, name, pageOf, pageQuery, pem, thumbprintOut, timeOut } from './common.ts'
import { scopeOut, scopeRequest } from './scope.ts'
import { askingTermsIn, termsOut } from './terms.ts'

const ENROLLMENT_ID = { type: 'string', pattern: '^enroll_[A-Za-z0-9_-]{21}[AQgw]$' } as const
const REGISTRATION_ID = { type: 'string', pattern: '^reg_[A-Za-z0-9_-]{21}[AQgw]$' } as const
const enrollmentId = textAs(parseEnrollmentId, 'This is no enrollment id.').openapi(ENROLLMENT_ID)
const registrationId = textAs(parseRegistrationId, 'This is no registration id.').openapi(
  REGISTRATION_ID,
)
const enrollmentIdOut = z.string().openapi(ENROLLMENT_ID)
const registrationIdOut = z.string().openapi(REGISTRATION_ID)

export const createEnrollmentBody = z
  .strictObject({ ttl_seconds: z.int().min(1).max(ENROLLMENT_SECONDS_MAX).optional() })
  .openapi('CreateEnrollment')

export const enrollmentParams = z.strictObject({ id: enrollmentId })
export const registrationParams = z.strictObject({ id: registrationId })
export const listRegistrationsQuery = z.strictObject(pageQuery)

const ENROLLMENT = {
  id: enrollmentIdOut,
  state: z.enum(['open', 'used', 'expired']),
  registration: registrationIdOut.nullable(),
  created_at: timeOut,
  expires_at: timeOut,
}
export const enrollmentOut = z.strictObject(ENROLLMENT).openapi('Enrollment')
export const createdEnrollmentOut = z
  .strictObject({
    ...ENROLLMENT,
    token: z.string().openapi({ description: 'For one registration; shown once.' }),
  })
  .openapi('CreatedEnrollment')

export const beginningOut = z
  .strictObject({ nonce: z.string(), trust_domain: z.string(), expires_at: timeOut })
  .openapi('RegistrationBeginning')

/** One line: words of a machine are shown to people, where a line break could pass for our own. */
const word = z
  .string()
  .min(1)
  .max(PLATFORM_CHARACTERS_MAX)
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u)
const digest = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
const proof = z
  .string()
  .regex(/^[A-Za-z0-9_-]{86}$/)
  .openapi({
    description: 'ECDSA P-256 with SHA-256, r‖s in base64url; see docs/subjects/enrollment.md.',
  })

export const registerBody = z
  .strictObject({
    name,
    csr: pem,
    proof,
    evidence: evidence.default({ method: 'mtls' }),
    platform: z
      .strictObject({
        agent_type: word.nullable().default(null),
        hostname: word.nullable().default(null),
        platform: word.nullable().default(null),
        binary_fingerprint: digest.nullable().default(null),
        machine_fingerprint: digest.nullable().default(null),
      })
      .prefault({})
      .transform(
        ({
          agent_type: agentType,
          hostname,
          platform,
          binary_fingerprint: binaryFingerprint,
          machine_fingerprint: machineFingerprint,
        }) => ({ agentType, hostname, platform, binaryFingerprint, machineFingerprint }),
      ),
  })
  .openapi('RegisterAgent')

const state = z.enum(['pending', 'approved', 'denied', 'collected', 'expired'])

const OWN = {
  id: registrationIdOut,
  uri: agentUriOut,
  state,
  challenge: z.string().openapi({ description: 'What the proof of the collection covers.' }),
  expires_at: timeOut,
}
export const ownRegistrationOut = z.strictObject(OWN).openapi('OwnRegistration')
export const registeredOut = z
  .strictObject({
    ...OWN,
    collect_secret: z.string().openapi({ description: 'Collects the certificate; shown once.' }),
  })
  .openapi('Registered')

export const registrationOut = z
  .strictObject({
    id: registrationIdOut,
    uri: agentUriOut,
    name: z.string(),
    owner: z.string().openapi({ description: 'Who invited, and so who alone decides.' }),
    state,
    key_thumbprint: thumbprintOut.openapi({ description: 'RFC 7638; possession is proven.' }),
    attestation: agentAttestationOut,
    address: z.string().nullable().openapi({ description: 'Where it came from, as we saw it.' }),
    self_reported: z
      .strictObject({
        agent_type: z.string().nullable(),
        hostname: z.string().nullable(),
        platform: z.string().nullable(),
        binary_fingerprint: z.string().nullable(),
        machine_fingerprint: z.string().nullable(),
      })
      .openapi({ description: 'Words of the agent about itself; nobody vouches for them.' }),
    contract: scopeOut.nullable(),
    terms: termsOut.nullable(),
    registered_at: timeOut,
    expires_at: timeOut,
    decided_at: timeOut.nullable(),
  })
  .openapi('Registration')
export const registrationPageOut = pageOf(registrationOut, 'RegistrationPage')

export const approveBody = z
  .strictObject({ contract: scopeRequest, terms: askingTermsIn.optional() })
  .openapi('ApproveRegistration')

export const collectBody = z.strictObject({ proof }).openapi('CollectCertificate')
