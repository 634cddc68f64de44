import type { AgentUri, TenantId } from './ids.ts'
import { CLOCK_SKEW_SECONDS } from './limits.ts'
import { refuse } from './refusal.ts'
import { accept, type Result } from './result.ts'
import type { AttestationTier, ScopeRequires } from './scope/types.ts'
import type { EpochSeconds } from './time.ts'

/** How evidence was appraised. */
export type AttestationMethod = 'mtls' | 'oidc' | 'process' | 'signed-code' | 'none'

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

/** A digest an agent reports of itself: nobody measured it. */
export interface ReportedDigest {
  readonly name: string
  /** base64url(SHA-256). */
  readonly digest: string
}

/**
 * What is kept of an agent's newest accepted appraisal. Beside the result stands what has to be the
 * same whenever the agent proves itself again.
 */
export interface AgentAttestation extends AttestationResult {
  /** `issuer#sub` of a workload identity token. */
  readonly identity?: string
  /**
   * Which code: `release:sha-256:…`, which the agent reports and a release key signed, or
   * `binary:sha-256:…`, which the authority measured.
   */
  readonly code?: string
  /** Scripts and the like, by the agent's own word. */
  readonly reported?: readonly ReportedDigest[]
  /** The program behind a connector, base64url(SHA-256), by its own word at every heartbeat. */
  readonly program?: string
  /** The owner was told that a newer proof is due. */
  readonly overdueTold?: true
}

/** What may not change from one proof to the next. */
export type EvidenceDifference = 'identity' | 'code' | 'reported' | 'tier' | 'program'

/** Both ends of a TCP connection, as the socket of this process tells them. */
export interface ConnectionEnds {
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
}

/** A process that was measured and is to be suspended when it ends. */
export interface WatchedProcess {
  readonly tenant: TenantId
  readonly agent: AgentUri
  /** The machine since its boot, and the namespace of the pid. */
  readonly host: string
  readonly pid: number
  readonly uid: number
  /** Decimal ticks after boot. */
  readonly startTime: string
  /** Which file it runs. */
  readonly exe: string
  readonly fingerprint: string
}

/**
 * Who a nonce was given to, and so whose evidence may name it: one agent, or whoever is being
 * enrolled.
 */
export type NonceHolder = AgentUri | 'enrollment'

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

/**
 * Where a new appraisal says something else than the one before it (LEASH-35). Of what was known
 * and is not said any more, `silent` decides: evidence of a weaker kind contradicts nothing, but
 * as the answer to "prove yourself again" it is a difference too. Empty: the newer one may stand.
 */
export function differences(
  known: AgentAttestation,
  fresh: AgentAttestation,
  silent: 'counts' | 'passes',
): readonly EvidenceDifference[] {
  const differs = (before: string | undefined, now: string | undefined): boolean => {
    if (before === undefined || before === now) return false
    return now !== undefined || silent === 'counts'
  }
  const found: EvidenceDifference[] = []
  if (differs(known.identity, fresh.identity)) found.push('identity')
  if (differs(known.code, fresh.code)) found.push('code')
  if (differs(listOf(known.reported), listOf(fresh.reported))) found.push('reported')
  if (silent === 'counts' && !tierAtLeast(fresh.tier, known.tier)) found.push('tier')
  return found
}

/** Whether a newer appraisal says no less than the one before it, so that it may take its place. */
export function mayReplace(known: AgentAttestation, fresh: AgentAttestation): boolean {
  return differences(known, fresh, 'counts').length === 0
}

/** A newer appraisal, with the program that heartbeats are still held against. */
export function keepingProgram(
  known: Pick<AgentAttestation, 'program'>,
  fresh: AgentAttestation,
): AgentAttestation {
  return known.program === undefined ? fresh : { ...fresh, program: known.program }
}

/** What is left of an appraisal when what it was about has ended: nothing, from now on. */
export function ended(known: AgentAttestation, at: EpochSeconds): AgentAttestation {
  return { ...known, tier: 'none', at }
}

function listOf(reported: readonly ReportedDigest[] | undefined): string | undefined {
  return reported?.map(({ name, digest }) => `${name}=${digest}`).join(' ')
}
