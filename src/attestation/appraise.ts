import type { AttestationMethod, AttestationResult } from '../domain/attestation.ts'
import type { AgentUri } from '../domain/ids.ts'
import { accept, type Result } from '../domain/result.ts'
import type { AttestationTier } from '../domain/scope/types.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { appraiseSignedCode, type ReleaseKey, type SignedCodeEvidence } from './signed-code.ts'

/**
 * Evidence as an agent sends it (RFC 9334: what the attester says of itself). `mtls` has no
 * members: its evidence is the certificate request itself, whose key was proven.
 */
export type Evidence =
  | { readonly method: 'none' }
  | { readonly method: 'mtls' }
  | ({ readonly method: 'signed-code' } & SignedCodeEvidence)

/** What the appraisal is about, known from elsewhere than the evidence. */
export interface Attester {
  readonly uri: AgentUri
  /** base64url(SHA-256) of the certificate request that came with the evidence. */
  readonly requestHash: string
}

/**
 * Appraises evidence and says what the authority vouches for. Refusal: `attestation_failed`; a
 * method that is not known here never gets this far, since the face refuses it as malformed.
 */
export type Appraiser = (
  evidence: Evidence,
  attester: Attester,
  now: EpochSeconds,
) => Result<AttestationResult>

/** What one method found: how much it is worth, and the hash of what it looked at. */
export interface Finding {
  readonly tier: AttestationTier
  readonly evidenceHash: string
}

/** Makes the appraiser of a deployment; `verifier` is named in every result. */
export function createAppraiser(setup: {
  readonly verifier: string
  readonly releaseKeys: readonly ReleaseKey[]
}): Appraiser {
  return (evidence, attester, now) => {
    const finding = find(evidence, attester, setup.releaseKeys)
    if (!finding.ok) return finding
    const method: AttestationMethod = evidence.method
    return accept({ ...finding.value, method, verifier: setup.verifier, at: now })
  }
}

/**
 * `none` proves nothing. `mtls` proves that the agent holds the key of its certificate, so
 * `warning`: it says who, not what code. `signed-code` is the only one worth `affirming`.
 */
function find(
  evidence: Evidence,
  attester: Attester,
  releaseKeys: readonly ReleaseKey[],
): Result<Finding> {
  const evidenceHash = `sha-256:${attester.requestHash}`
  switch (evidence.method) {
    case 'none':
      return accept({ tier: 'none', evidenceHash })
    case 'mtls':
      return accept({ tier: 'warning', evidenceHash })
    case 'signed-code':
      return appraiseSignedCode(evidence, releaseKeys)
  }
}
