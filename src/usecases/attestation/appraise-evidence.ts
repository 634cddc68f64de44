import { createHash } from 'node:crypto'
import type { Appraised, Attester, Evidence } from '../../attestation/appraise.ts'
import type { Agent } from '../../domain/agent.ts'
import type { NonceHolder } from '../../domain/attestation.ts'
import type { TenantId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Transaction } from '../../store/ports.ts'
import type { World } from '../world.ts'

/** Methods whose evidence means something only for the proof it was made for. */
const NEED_NONCE: readonly Evidence['method'][] = ['oidc', 'process']

/** Evidence, whose it is, and which nonces it may name. */
export interface EvidenceToAppraise {
  readonly tenant: TenantId
  readonly holder: NonceHolder
  readonly evidence: Evidence
  readonly attester: Attester
  /** Whether evidence of every method has to name a nonce. */
  readonly fresh?: boolean
}

/**
 * Appraises evidence before the transaction that decides by it. A nonce that does not stand is
 * told before anything is fetched or measured, so that nobody has work done for nothing; it is
 * taken later, by `takeEvidence`. Refusals: `attestation_failed`, `status_unknown`.
 */
export async function appraiseEvidence(
  world: World,
  given: EvidenceToAppraise,
): Promise<Result<Appraised>> {
  const { tenant, holder, evidence, attester, fresh = false } = given
  const { nonce } = evidence
  if (nonce === undefined) {
    if (fresh || NEED_NONCE.includes(evidence.method)) {
      return refuse('attestation_failed', { nonce: 'missing' })
    }
  } else {
    const hash = hashNonce(nonce)
    const stands = await world.store.read((reads) => reads.nonceStands({ tenant, hash, holder }))
    if (!stands) return refuse('attestation_failed', { nonce: 'none' })
  }
  return world.appraise(evidence, attester, world.store.now())
}

/**
 * Takes the nonce of the evidence and spends what it proved with, in the transaction that decides
 * by it. Refusal: `attestation_failed` when somebody else was first.
 */
export async function takeEvidence(
  tx: Transaction,
  given: Pick<EvidenceToAppraise, 'tenant' | 'holder'>,
  { nonce, spends }: Appraised,
): Promise<Result<void>> {
  const { tenant, holder } = given
  if (nonce !== undefined) {
    const taken = await tx.takeNonce({ tenant, hash: hashNonce(nonce), holder })
    if (!taken.ok) return taken
  }
  return spends === undefined ? accept(undefined) : tx.spendProof({ tenant, ...spends })
}

/** From now on the agent's evidence is this; the process it is about is watched. */
export async function keepProcess(
  tx: Transaction,
  { tenant, uri }: Pick<Agent, 'tenant' | 'uri'>,
  { process }: Appraised,
): Promise<void> {
  if (process === undefined) await tx.unwatchProcess(tenant, uri)
  else {
    const { host, pid, uid, startTime, exe, fingerprint } = process
    await tx.watchProcess({ tenant, agent: uri, host, pid, uid, startTime, exe, fingerprint })
  }
}

/** base64url(SHA-256) of a nonce: what the store knows of it. */
export function hashNonce(nonce: string): string {
  return createHash('sha256').update(nonce).digest('base64url')
}
