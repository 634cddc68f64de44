import { randomBytes } from 'node:crypto'
import type { Enrollment } from '../../domain/enrollment.ts'
import { type EnrollmentId, parsePrincipalId } from '../../domain/ids.ts'
import { ENROLLMENT_SECONDS_DEFAULT, ENROLLMENT_SECONDS_MAX } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { type EpochSeconds, later } from '../../domain/time.ts'
import { drawSecret, hashSecret } from '../bearer-secret.ts'
import { type Caller, requireNewcomer, requireRole } from '../caller.ts'
import { decide } from '../decide.ts'
import type { World } from '../world.ts'

/** How an enrollment token begins; 256 random bits follow. */
export const ENROLLMENT_TOKEN = 'writ_enroll_'
/** How the secret begins that collects a certificate; 256 random bits follow. */
export const COLLECT_SECRET = 'writ_collect_'

/**
 * An owner invites one agent: a token for one registration, 120 s by default. It says nothing of
 * what the agent may do (LEASH-17). Refusals: `forbidden`, `malformed`.
 */
export async function createEnrollment(
  world: World,
  caller: Caller,
  input: { readonly ttlSeconds?: number | undefined },
): Promise<Result<{ readonly enrollment: Enrollment; readonly token: string }>> {
  const owner = requireRole(caller, 'owner')
  if (!owner.ok) return owner
  const principal = parsePrincipalId(owner.value.name)
  const seconds = input.ttlSeconds ?? ENROLLMENT_SECONDS_DEFAULT
  if (principal === undefined || seconds < 1 || seconds > ENROLLMENT_SECONDS_MAX) {
    const detail = `Between 1 and ${ENROLLMENT_SECONDS_MAX} seconds.`
    return refuse('malformed', {}, [{ pointer: '/ttl_seconds', code: 'out_of_range', detail }])
  }
  const token = drawSecret(ENROLLMENT_TOKEN)
  const id = world.ids.enrollment()
  const decided = await decide<Enrollment>(
    world,
    caller,
    'enrollment.created',
    async (tx, details) => {
      const enrollment: Enrollment = {
        tenant: caller.tenant,
        id,
        owner: principal,
        tokenHash: hashSecret(token),
        nonce: randomBytes(16).toString('base64url'),
        createdAt: tx.now,
        expiresAt: later(tx.now, seconds),
        registration: null,
      }
      details.facts = { enrollment: id, expiresAt: enrollment.expiresAt }
      await tx.insertEnrollment(enrollment)
      return accept(enrollment)
    },
  )
  const { result } = decided
  return result.ok ? accept({ enrollment: result.value, token }) : result
}

/** An invitation with the moment it was looked at. */
export interface EnrollmentNow {
  readonly enrollment: Enrollment
  readonly now: EpochSeconds
}

/** An owner looks whether its invitation was answered. Refusals: `forbidden`, `not_found`. */
export function readEnrollment(
  world: World,
  caller: Caller,
  input: { readonly enrollment: EnrollmentId },
): Promise<Result<EnrollmentNow>> {
  return world.store.read(async (reads) => {
    const owner = requireRole(caller, 'owner')
    if (!owner.ok) return owner
    const enrollment = await reads.enrollment(caller.tenant, input.enrollment)
    if (enrollment === undefined) return refuse('not_found', { enrollment: input.enrollment })
    return accept({ enrollment, now: reads.now })
  })
}

/** What an invited agent needs to know before it registers. */
export interface Beginning {
  /** The proof of the registration has to cover it. */
  readonly nonce: string
  readonly trustDomain: string
  readonly expiresAt: EpochSeconds
}

/**
 * The first step of an invited agent: the nonce its evidence has to answer. Changes nothing, so it
 * may be asked again. Refusals: `forbidden`, `unauthenticated` once the invitation is over.
 */
export function beginRegistration(world: World, caller: Caller): Promise<Result<Beginning>> {
  return world.store.read(async (reads) => {
    const newcomer = requireNewcomer(caller)
    if (!newcomer.ok) return newcomer
    const enrollment = await reads.enrollment(caller.tenant, newcomer.value.enrollment)
    if (enrollment === undefined) return refuse('unauthenticated')
    const { nonce, expiresAt } = enrollment
    return accept({ nonce, expiresAt, trustDomain: world.trustDomain })
  })
}
