import { randomBytes } from 'node:crypto'
import { NONCE_TTL_SECONDS } from '../../domain/limits.ts'
import { accept, type Result } from '../../domain/result.ts'
import { type EpochSeconds, later } from '../../domain/time.ts'
import { type Caller, isPeer } from '../caller.ts'
import type { World } from '../world.ts'
import { hashNonce } from './appraise-evidence.ts'

const NONCE_BYTES = 32

/** A nonce as whoever asked gets it; it is kept as its hash alone. */
export interface DrawnNonce {
  readonly nonce: string
  readonly expiresAt: EpochSeconds
}

/**
 * Draws 256 random bits for one piece of evidence: an agent's own for itself, everybody else's for
 * an enrollment. Decides nothing, so it leaves no record; what it is used for does.
 * Refusal: `overloaded` when too many stand.
 */
export async function issueNonce(world: World, caller: Caller): Promise<Result<DrawnNonce>> {
  const { tenant } = caller
  const nonce = randomBytes(NONCE_BYTES).toString('base64url')
  const expiresAt = later(world.store.now(), NONCE_TTL_SECONDS)
  const holder = isPeer(caller) ? caller.uri : 'enrollment'
  const hash = hashNonce(nonce)
  const kept = await world.store.issueNonce({ tenant, hash, holder, expiresAt })
  return kept.ok ? accept({ nonce, expiresAt }) : kept
}
