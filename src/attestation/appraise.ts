import { agentName, hasGivenShape } from '../domain/agent-name.ts'
import type {
  AgentAttestation,
  AttestationMethod,
  ConnectionEnds,
  ReportedDigest,
} from '../domain/attestation.ts'
import type { AgentUri } from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { AttestationTier } from '../domain/scope/types.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { appraiseOidc, type OidcEvidence, type OidcIssuers } from './oidc/appraise-oidc.ts'
import { type MeasuredProcess, type MeasurePeer, measurePeer } from './process/measure.ts'
import { appraiseSignedCode, type ReleaseKey, type SignedCodeEvidence } from './signed-code.ts'

/**
 * Evidence as an agent sends it (RFC 9334: what the attester says of itself). `mtls` has no
 * members: its evidence is the key that was proven. `process` has none that count: it is measured.
 * `enclave` is known and never accepted (CDPX-25).
 */
export type Evidence = { readonly nonce?: string | undefined } & (
  | { readonly method: 'none' }
  | { readonly method: 'mtls' }
  | ({ readonly method: 'signed-code' } & SignedCodeEvidence)
  | ({ readonly method: 'oidc' } & OidcEvidence)
  | { readonly method: 'process'; readonly reported?: readonly ReportedDigest[] | undefined }
  | { readonly method: 'enclave' }
)

/** What the appraisal is about, known from elsewhere than the evidence. */
export interface Attester {
  readonly uri: AgentUri
  /** base64url(SHA-256) of the certificate request, or the certificate, that came with it. */
  readonly requestHash: string
  /** The agent's own connection; absent when somebody else brings its evidence. */
  readonly connection?: ConnectionEnds | undefined
}

/** What was found, and what the deciding transaction has to do with it. */
export interface Appraised {
  readonly attestation: AgentAttestation
  /** To be taken; undefined when the evidence names none. */
  readonly nonce: string | undefined
  /** To be spent, so that the same evidence is no second proof. */
  readonly spends: MethodOutcome['spends']
  /** To be watched, and suspended when it ends. */
  readonly process: MeasuredProcess | undefined
}

/**
 * Appraises evidence and says what the authority vouches for. Does not know whether the nonce
 * stands. Refusals: `attestation_failed`; `status_unknown` when what it has to be held against can
 * not be had. A method that is not known here is refused by the face as malformed.
 */
export type Appraiser = (
  evidence: Evidence,
  attester: Attester,
  now: EpochSeconds,
) => Promise<Result<Appraised>>

/** What one method found: how much it is worth, and the hash of what it looked at. */
export interface MethodOutcome
  extends Pick<AgentAttestation, 'evidenceHash' | 'identity' | 'code' | 'reported'> {
  readonly tier: AttestationTier
  /** What makes this evidence one, and when it is over by itself. */
  readonly spends?: { readonly key: string; readonly expiresAt: EpochSeconds } | undefined
  readonly process?: MeasuredProcess | undefined
}

/** What a deployment trusts. */
export interface AppraiserSetup {
  /** Named in every result. */
  readonly verifier: string
  readonly releaseKeys: readonly ReleaseKey[]
  readonly issuers?: OidcIssuers
  readonly measure?: MeasurePeer
}

/** Makes the appraiser of a deployment. */
export function createAppraiser(setup: AppraiserSetup): Appraiser {
  return async (evidence, attester, now) => {
    const found = await find(evidence, attester, setup, now)
    if (!found.ok) return found
    const { spends, process, ...outcome } = found.value
    const method = evidence.method as AttestationMethod
    const attestation = { ...outcome, method, verifier: setup.verifier, at: now }
    return accept({ attestation, nonce: evidence.nonce, spends, process })
  }
}

/**
 * `none` proves nothing. `mtls` proves that the agent holds the key of its certificate, so
 * `warning`: it says who, not what code. `process` says which binary, for an interpreter not what
 * it interprets, so `warning`. `oidc` is worth what the owner says the issuer is worth.
 */
async function find(
  evidence: Evidence,
  attester: Attester,
  setup: AppraiserSetup,
  now: EpochSeconds,
): Promise<Result<MethodOutcome>> {
  const evidenceHash = `sha-256:${attester.requestHash}`
  switch (evidence.method) {
    case 'none':
      return accept({ tier: 'none', evidenceHash })
    case 'mtls':
      return accept({ tier: 'warning', evidenceHash })
    case 'signed-code':
      return appraiseSignedCode(evidence, setup.releaseKeys)
    case 'oidc':
      return appraiseOidc(evidence, nameOf(attester.uri), setup.issuers ?? new Map(), now)
    case 'process':
      return appraiseProcess(attester, evidence.reported, setup.measure ?? measurePeer)
    case 'enclave': {
      const detail = 'There is no verifier for enclaves here.'
      return refuse('attestation_failed', { reason: 'enclave' }, [
        { pointer: '/evidence/method', code: 'attestation_failed', detail },
      ])
    }
  }
}

async function appraiseProcess(
  { connection }: Attester,
  reported: readonly ReportedDigest[] | undefined,
  measure: MeasurePeer,
): Promise<Result<MethodOutcome>> {
  if (connection === undefined) {
    return refuse('attestation_failed', { process: 'no connection of its own' })
  }
  const measured = await measure(connection)
  if (!measured.ok) return measured
  const { fingerprint, binaryHash } = measured.value
  return accept({
    tier: 'warning',
    evidenceHash: `sha-256:${fingerprint}`,
    code: `binary:sha-256:${binaryHash}`,
    ...(reported === undefined ? {} : { reported }),
    process: measured.value,
  })
}

/**
 * `planner` for `spiffe://domain/agent/planner`, `gateway/edge` for an enforcement point. Ids that
 * Writ did not give keep their trust domain: a rule for one of ours holds for nobody else.
 */
function nameOf(uri: AgentUri): string {
  if (!hasGivenShape(uri)) return agentName(uri)
  const path = uri.slice(uri.indexOf('/', 'spiffe://'.length) + 1)
  return path.startsWith('agent/') ? path.slice('agent/'.length) : path
}
