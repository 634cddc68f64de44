import { CLOCK_SKEW_SECONDS } from './limits.ts'
import { refuse } from './refusal.ts'
import { accept, type Result } from './result.ts'
import type { AttestationTier, ScopeRequires } from './scope/types.ts'
import type { EpochSeconds } from './time.ts'

/** How evidence was appraised. */
export type AttestationMethod = 'mtls' | 'signed-code' | 'none'

/**
 * An attestation result (RFC 9334) that the authority vouches for. `evidenceHash` is `sha-256:` and
 * the base64url digest of the evidence; `at` is the moment of appraisal.
 */
export interface AttestationResult {
  readonly tier: AttestationTier
  readonly method: AttestationMethod
  readonly verifier: string
  readonly evidenceHash: string
  readonly at: EpochSeconds
}

const ORDER: readonly AttestationTier[] = ['none', 'warning', 'affirming']

/** Whether `tier` is at least `floor`: none < warning < affirming. */
export function tierAtLeast(tier: AttestationTier, floor: AttestationTier): boolean {
  return ORDER.indexOf(tier) >= ORDER.indexOf(floor)
}

/**
 * Holds a result against the floor and the greatest age a scope asks for. Refusals:
 * `attestation_too_low`, `attestation_stale`. A result from further ahead than
 * CLOCK_SKEW_SECONDS counts as stale.
 */
export function meetsAttestation(
  result: AttestationResult,
  requires: Pick<ScopeRequires, 'attestation_min' | 'attestation_max_age_seconds'>,
  now: EpochSeconds,
): Result<void> {
  if (!tierAtLeast(result.tier, requires.attestation_min)) {
    return refuse('attestation_too_low', { tier: result.tier, floor: requires.attestation_min })
  }
  const ageMax = requires.attestation_max_age_seconds
  const age = now - result.at
  if (ageMax !== 'any' && (age > ageMax || age < -CLOCK_SKEW_SECONDS)) {
    return refuse('attestation_stale', { age, ageMax })
  }
  return accept(undefined)
}
